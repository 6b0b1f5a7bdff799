import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useBlocker } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { Time } from "~/text/Time";
import type { Key } from "./place";

/**
 * KeySecret shows the secret of a key, this once (J-22, J-23). It goes by its button alone: neither Escape, nor a click
 * beside it, nor the browser's way back loses a secret that nobody has copied.
 */
export function KeySecret({ of: key, rotated, onClose }: { of: Key; rotated: boolean; onClose: () => void }) {
  const t = useTranslations("keys");
  useBlocker({ shouldBlockFn: () => true, enableBeforeUnload: true });
  return (
    <Modal
      opened
      onClose={() => undefined}
      closeOnEscape={false}
      closeOnClickOutside={false}
      withCloseButton={false}
      title={rotated ? t("rotatedOf", { name: key.title }) : t("made", { name: key.title })}
      size="lg"
    >
      <Stack>
        <Alert color="yellow" role="alert" icon={<IconAlertTriangle aria-hidden />} title={t("secretTitle")}>
          {t("secretText")}
        </Alert>
        {key.secret && <CopyField label={t("secret")} value={key.secret} />}
        {!key.secret && <Text c="var(--mantine-color-error)">{t("noSecret")}</Text>}
        <Text size="sm" c="dimmed">
          {t.rich("use", { code: (text) => <code>{text}</code> })}
        </Text>
        <Facts
          of={[
            [t("email"), key.email],
            [t("expires"), key.expires && <Time key="expires" at={key.expires} />],
            [t("overlap"), rotated && key.overlap ? <Time key="overlap" at={key.overlap} /> : undefined],
          ]}
        />
        <Group justify="flex-end">
          <Button onClick={onClose}>{t("ok")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

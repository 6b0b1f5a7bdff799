import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { IconBan, IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Confirm } from "~/dialog/Confirm";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { NodeName } from "~/explain/NodeName";
import { useTell } from "~/shell/notices";
import { Time } from "~/text/Time";
import { useRoleName } from "~/text/words";
import type { Workspace } from "../workspace";
import { KeyRotate } from "./KeyRotate";
import { KeyState } from "./KeyState";
import { type Key, useKeys } from "./place";
import { Expiry } from "./useKeyColumns";

type Props = {
  of: Key;
  workspace?: Workspace;
  manages: boolean;
  onClose: () => void;
  onDelete: (key: Key) => void;
  onRotated: (key: Key) => void;
};

/** KeyInfo is what is to be known of a key, its secret not among it (J-25, J-26), and how it gets another or ends. */
export function KeyInfo({ of: first, workspace, manages, onClose, onDelete, onRotated }: Props) {
  const t = useTranslations("keys");
  const c = useTranslations("common");
  const roleName = useRoleName();
  const keys = useKeys(workspace?.id);
  const tell = useTell();
  const [key, setKey] = useState(first);
  const [asking, setAsking] = useState<"rotate" | "revoke">();
  const live = key.state === "active" || key.state === "rotating";
  if (asking === "rotate") {
    return <KeyRotate of={key} workspace={workspace} onClose={() => setAsking(undefined)} onRotated={onRotated} />;
  }
  if (asking === "revoke") {
    return (
      <Confirm
        title={t("revokeOf", { name: key.title })}
        act={t("revoke")}
        onClose={() => setAsking(undefined)}
        run={async () => {
          setKey(await keys.revoke(key));
          await keys.changed();
          tell.done(t("wasRevoked", { name: key.title }));
        }}
      >
        {t("revokeText")}
      </Confirm>
    );
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("infoOf", { name: key.title })}
      size="lg"
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <Stack>
        {key.state === "rotating" && (
          <Alert color="blue">{t.rich("isRotating", { until: () => <Time at={key.overlap} /> })}</Alert>
        )}
        <Facts
          of={[
            [t("name"), key.title],
            [t("creator"), key.creator.name],
            [t("role"), key.role && roleName(key.role)],
            [t("stateOf"), <KeyState key="state" of={key} />],
            [t("created"), <Time key="created" at={key.created} />],
            [t("expires"), <Expiry key="expires" of={key} />],
            [t("lastUsed"), key.last_used ? <Time key="used" at={key.last_used} /> : c("never")],
            [t("revokedAt"), key.revoked && <Time key="revoked" at={key.revoked} />],
            [t("prefix"), <code key="prefix">{key.prefix}…</code>],
            [t("scopes"), key.scopes.join(", ")],
            [
              t("nodes"),
              key.nodes.length > 0
                ? key.nodes.map((num, i) => (
                    <span key={num}>
                      {i > 0 && ", "}
                      <NodeName num={num} />
                    </span>
                  ))
                : undefined,
            ],
            [t("networks"), key.networks.join(", ")],
            [t("origins"), key.origins.join(", ")],
          ]}
        />
        <CopyField label={t("email")} description={t("emailText")} value={key.email} />
        <CopyField label={t("identifier")} value={key.id} />
        {manages && (
          <Group justify="flex-end" gap="sm">
            <Button
              variant="light"
              color="red"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => onDelete(key)}
            >
              {c("delete")}
            </Button>
            {live && (
              <>
                <Button
                  variant="light"
                  color="red"
                  leftSection={<IconBan size={16} aria-hidden />}
                  onClick={() => setAsking("revoke")}
                >
                  {t("revoke")}
                </Button>
                <Button
                  variant="default"
                  leftSection={<IconRefresh size={16} aria-hidden />}
                  onClick={() => setAsking("rotate")}
                >
                  {t("rotate")}
                </Button>
              </>
            )}
          </Group>
        )}
      </Stack>
    </Modal>
  );
}

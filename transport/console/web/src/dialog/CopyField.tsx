import { Button, Group, TextInput } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useTell } from "~/shell/notices";

/** CopyField shows a text that is there to be copied: a link, an identifier, a secret. */
export function CopyField({ label, value, description }: { label: string; value: string; description?: string }) {
  const t = useTranslations("common");
  const tell = useTell();
  const [copied, setCopied] = useState(false);
  return (
    <Group align="flex-end" gap="xs" wrap="nowrap">
      <TextInput
        flex={1}
        label={label}
        description={description}
        value={value}
        readOnly
        onFocus={(event) => event.currentTarget.select()}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
      <Button
        variant="default"
        aria-label={copied ? t("copied") : t("copyOf", { name: label })}
        leftSection={copied ? <IconCheck size={16} aria-hidden /> : <IconCopy size={16} aria-hidden />}
        onClick={async () => {
          try {
            await navigator.clipboard.writeText(value);
            setCopied(true);
            setTimeout(() => setCopied(false), 2000);
          } catch (error) {
            tell.failure(error); // the field can be selected still
          }
        }}
      >
        {copied ? t("copied") : t("copy")}
      </Button>
    </Group>
  );
}

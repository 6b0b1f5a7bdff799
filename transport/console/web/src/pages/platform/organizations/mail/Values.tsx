import { Button, Group, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import { placeOf } from "./letter";
import { useValueName } from "./words";

/** Values are what a mail can name; each is put where the cursor is. */
export function Values({ of, insert }: { of: readonly string[]; insert: (value: string) => void }) {
  const t = useTranslations("mail");
  const valueName = useValueName();
  return (
    <div>
      <Text size="sm" fw={500}>
        {t("insert")}
      </Text>
      <Text size="xs" c="dimmed" mb={6}>
        {t("insertText")}
      </Text>
      <Group gap={6}>
        {of.map((value) => (
          <Button
            key={value}
            size="compact-sm"
            variant="default"
            leftSection={<IconPlus size={12} aria-hidden />}
            title={placeOf(value)}
            onClick={() => insert(value)}
          >
            {valueName(value)}
          </Button>
        ))}
      </Group>
    </div>
  );
}

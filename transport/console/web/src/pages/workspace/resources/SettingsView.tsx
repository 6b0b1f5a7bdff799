import { Divider, Stack, Text, Title } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useClasses } from "~/explain/classes";
import type { Resource } from "./NodePanel";
import { ValueView } from "./ValueView";

/** SettingsView shows settings as their class has them; what the reader may not read is not there. */
export function SettingsView({ node }: { node: Resource }) {
  const t = useTranslations("resources");
  const of = useClasses().find((c) => c.name === node.class);
  const members = Object.entries(node.settings).filter(([, attributes]) => Object.keys(attributes).length > 0);
  if (!of || of.members.length === 0) {
    return null;
  }
  return (
    <Stack gap="sm">
      <Divider />
      <Title order={3} size="h5">
        {t("settings")}
      </Title>
      {members.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("noSettings")}
        </Text>
      )}
      {members.map(([member, attributes]) => (
        <section key={member} aria-label={member}>
          {members.length > 1 && (
            <Text size="sm" fw={600} mb={4} ff="monospace">
              {member}
            </Text>
          )}
          <ValueView value={attributes} />
        </section>
      ))}
    </Stack>
  );
}

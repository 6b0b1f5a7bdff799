import { Group, Text } from "@mantine/core";
import { IconBan, IconCheck } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import type { AuditEvent } from "./events";

// A sign keeps its size where there is little room.
const still = { flexShrink: 0 };

/** Outcome says whether something was done or refused, in a word and by a sign. */
export function Outcome({ event }: { event: Pick<AuditEvent, "outcome"> }) {
  const t = useTranslations("audit");
  const refused = event.outcome === "refused";
  return (
    <Group gap={4} wrap="nowrap" component="span" c={refused ? "var(--mantine-color-error)" : undefined}>
      {refused ? <IconBan size={16} aria-hidden style={still} /> : <IconCheck size={16} aria-hidden style={still} />}
      <Text size="sm" component="span" fw={refused ? 600 : undefined}>
        {refused ? t("refused") : t("allowed")}
      </Text>
    </Group>
  );
}

import { Badge, Group } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import type { Database } from "./database";

/** useStateName returns what names the state of a database, or of a backup, in words. */
export function useStateName(): (state: Database["state"]) => string {
  const t = useTranslations("databases");
  return (state) => t(`states.${state}`);
}

/** DatabaseState is what is under way with a database, and whether it is locked. */
export function DatabaseState({ database }: { database: Pick<Database, "state" | "locked"> }) {
  const t = useTranslations("databases");
  const name = useStateName();
  return (
    <Group gap={6} component="span" wrap="nowrap">
      <Badge component="span" variant="default" tt="none" miw="fit-content">
        {name(database.state)}
      </Badge>
      {database.locked && (
        <Badge
          component="span"
          variant="default"
          tt="none"
          miw="fit-content"
          leftSection={<IconLock size={12} aria-hidden />}
        >
          {t("locked")}
        </Badge>
      )}
    </Group>
  );
}

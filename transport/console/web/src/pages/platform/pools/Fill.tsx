import { Group, Progress, Text } from "@mantine/core";
import { IconAlertTriangle, IconBan } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import { fullnessOf, partsOf } from "~/quota/share";
import { useAmount } from "~/text/amount";
import type { Pool } from "./Pools";

/** Fill is how much of a facility is used, in a cell of a table. */
export function Fill({ pool }: { pool: Pool }) {
  const t = useTranslations("pools.quota");
  const amount = useAmount();
  if (pool.unit === "none") {
    return t("uncounted");
  }
  const use = { use: pool.use, limit: pool.capacity };
  const fullness = fullnessOf(use);
  const full = fullness === "full" || fullness === "over";
  const Sign = full ? IconBan : fullness === "near" ? IconAlertTriangle : undefined;
  const text =
    pool.capacity === null
      ? t("used", { use: amount(pool.use, pool.unit) })
      : t("usedOf", { use: amount(pool.use, pool.unit), limit: amount(pool.capacity, pool.unit) });
  return (
    <div style={{ minWidth: "9rem" }}>
      <Group gap={4} wrap="nowrap" c={full ? "var(--mantine-color-error)" : undefined}>
        {Sign && <Sign size={14} aria-hidden />}
        <Text size="sm">
          {text}
          {Sign && ` · ${t(full ? "short.full" : "short.near")}`}
        </Text>
      </Group>
      {pool.capacity !== null && (
        <Progress
          value={partsOf(use).used}
          size="sm"
          color={full ? "red.7" : fullness === "near" ? "orange.6" : "harbour.5"}
          aria-hidden
        />
      )}
    </div>
  );
}

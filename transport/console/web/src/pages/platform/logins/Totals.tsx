import { Paper, SimpleGrid, Skeleton, Text } from "@mantine/core";
import { useFormatter, useTranslations } from "use-intl";
import { type Counted, summed } from "./logins";
import { useClientName } from "./words";

/** Totals are the sums of a period: of all logins, and by type of client. */
export function Totals({ rows }: { rows: readonly Counted[] | undefined }) {
  const t = useTranslations("users");
  const format = useFormatter();
  const clientName = useClientName();
  const total = rows?.reduce((sum, row) => sum + row.count, 0) ?? 0;
  const figures: [name: string, count: number][] = rows
    ? [
        [t("allLogins"), total],
        ...[...summed(rows, (r) => r.client)].map(([c, n]): [string, number] => [clientName(c), n]),
      ]
    : [];
  return (
    <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 6 }} m={0} aria-busy={!rows}>
      {!rows && <Skeleton height={72} />}
      {figures.map(([name, count]) => (
        <Paper key={name} withBorder p="sm">
          <Text component="dt" size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {name}
          </Text>
          <Text component="dd" m={0} fw={700} size="lg">
            {format.number(count)}
            {count > 0 && count < total && (
              <Text component="span" size="xs" c="dimmed" ml={6}>
                {format.number(count / total, { style: "percent" })}
              </Text>
            )}
          </Text>
        </Paper>
      ))}
    </SimpleGrid>
  );
}

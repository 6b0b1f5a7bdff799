import { Anchor, Collapse, ColorSwatch, Group, Skeleton, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { useDisclosure, useId } from "@mantine/hooks";
import { lazy, Suspense } from "react";
import { useTranslations } from "use-intl";
import classes from "./chart.module.css";

// What draws is large: it comes when something is drawn.
const Lines = lazy(() => import("./Lines"));

export type Series = {
  /** Names the series in the points. */
  id: string;
  label: string;
  color: string;
  /** Drawn with dashes, beneath. */
  dashed?: boolean;
};

/** A Point is what was at a time: a number for each series, null where there was none. */
export type Point = { at: string; values: Record<string, number | null> };

export type ChartProps = {
  /** What the chart is of. */
  label: string;
  points: readonly Point[];
  series: readonly Series[];
  /** Writes a number as its axis has it. */
  value: (n: number) => string;
  /** Writes a time, short for the axis and whole otherwise. */
  time: (at: string, short: boolean) => string;
  height?: number;
  /** Whether something stays as it is until the next point, or changes on the way. */
  steps?: boolean;
};

/** Chart draws numbers over time, and has the same numbers as a table for who does not see, or trust, a picture. */
export function Chart(props: ChartProps) {
  const { label, points, series, value, time, height = 260 } = props;
  const t = useTranslations("overview.chart");
  const [opened, { toggle }] = useDisclosure();
  const id = useId();
  return (
    <Stack gap="xs">
      {series.length > 1 && (
        <Group gap="md" justify="flex-end" aria-hidden>
          {series.map((s) => (
            <Group key={s.id} gap={6} wrap="nowrap">
              <ColorSwatch color={`var(--mantine-color-${s.color.replace(".", "-")})`} size={10} withShadow={false} />
              <Text size="xs">{s.label}</Text>
            </Group>
          ))}
        </Group>
      )}
      <div style={{ height }} aria-hidden>
        <Suspense fallback={<Skeleton height={height} />}>
          <Lines {...props} height={height} />
        </Suspense>
      </div>
      <div>
        <Anchor component="button" type="button" size="sm" onClick={toggle} aria-expanded={opened} aria-controls={id}>
          {opened ? t("hide") : t("show")}
          <VisuallyHidden> ({label})</VisuallyHidden>
        </Anchor>
      </div>
      <Collapse expanded={opened} id={id}>
        <section className={classes.numbers} tabIndex={opened ? 0 : -1} aria-label={t("numbers", { label })}>
          <Table stickyHeader verticalSpacing={4} aria-label={label}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("at")}</Table.Th>
                {series.map((s) => (
                  <Table.Th key={s.id} className={classes.number}>
                    {s.label}
                  </Table.Th>
                ))}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {opened &&
                points.toReversed().map((p) => (
                  <Table.Tr key={p.at}>
                    <Table.Td>
                      <time dateTime={p.at}>{time(p.at, false)}</time>
                    </Table.Td>
                    {series.map((s) => {
                      const n = p.values[s.id];
                      return (
                        <Table.Td key={s.id} className={classes.number}>
                          {n === null || n === undefined ? "–" : value(n)}
                        </Table.Td>
                      );
                    })}
                  </Table.Tr>
                ))}
            </Table.Tbody>
          </Table>
        </section>
      </Collapse>
    </Stack>
  );
}

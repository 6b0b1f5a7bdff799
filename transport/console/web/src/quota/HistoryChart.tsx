import { Group, SegmentedControl, Skeleton, Stack, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Chart } from "~/chart/Chart";
import { Failure } from "~/shell/Failure";
import { useAmount } from "~/text/amount";
import { hourly, type Range, ranges, type Step, spanOf } from "./history";

type History = Schemas["History"];

/** Whose use it is: that of a workspace's share of a facility, or of the whole facility. */
export type Used = { pool: Schemas["PoolReference"]; share?: { workspace: string; slot: string } };

function useHistory({ pool, share }: Used, span: ReturnType<typeof spanOf>) {
  return useQuery({
    queryKey: ["history", "/pools/{pool}/history", pool.id, share, span],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }): Promise<History> =>
      share
        ? done(
            api.GET("/workspaces/{workspace}/allocations/{pool}/history", {
              params: {
                path: { workspace: share.workspace, pool: pool.id },
                query: { ...span, ...(share.slot ? { slot: share.slot } : {}) },
              },
              signal,
            }),
          )
        : done(api.GET("/pools/{pool}/history", { params: { path: { pool: pool.id }, query: span }, signal })),
  });
}

/** How high what is drawn is, with what is beneath it: nothing moves when it comes. */
const height = 296;

/** HistoryChart draws how much was used, by the day or the hour, and what may be used at present. */
export function HistoryChart({ of, children }: { of: Used; children?: ReactNode }) {
  const t = useTranslations("overview");
  const [range, setRange] = useState<Range>(30);
  const [step, setStep] = useState<Step>("day");
  return (
    <Stack gap="md">
      <Group gap="sm" align="flex-end">
        {children}
        <SegmentedControl
          aria-label={t("history.range")}
          data={ranges.map((r) => ({ value: String(r), label: t("history.days", { days: r }) }))}
          value={String(range)}
          onChange={(r) => setRange(ranges.find((known) => String(known) === r) ?? 30)}
        />
        {hourly(range) && (
          <SegmentedControl
            aria-label={t("history.step")}
            data={(["day", "hour"] as const).map((s) => ({ value: s, label: t(`history.by.${s}`) }))}
            value={step}
            onChange={(s) => setStep(s as Step)}
          />
        )}
      </Group>
      <Drawn of={of} range={range} step={step} />
    </Stack>
  );
}

function Drawn({ of, range, step }: { of: Used; range: Range; step: Step }) {
  const t = useTranslations("overview");
  const format = useFormatter();
  const amount = useAmount();
  const [now] = useState(Date.now);
  const { data, error, refetch } = useHistory(of, spanOf(range, step, now));
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  if (!data) {
    return <Skeleton height={height} />;
  }
  const { points, limit } = data;
  // Where next to nothing is used, a limit far above would press it flat.
  const most = Math.max(0, ...points.map((p) => p.use));
  const limited = limit !== null && limit <= 20 * most;
  return (
    <Stack gap="xs" mih={height}>
      {most === 0 && (
        <Text size="sm" c="dimmed">
          {t("history.none")}
        </Text>
      )}
      <Chart
        label={t("history.title")}
        points={points.map((p) => ({ at: p.at, values: { use: p.use, ...(limited ? { limit } : {}) } }))}
        series={[
          { id: "use", label: t("history.use"), color: "harbour.5" },
          ...(limited ? [{ id: "limit", label: t("history.limit"), color: "orange.6", dashed: true }] : []),
        ]}
        value={(n) => amount(n, of.pool.unit)}
        // Days begin in UTC: when exactly that is here, the whole time says.
        time={(at, short) =>
          format.dateTime(
            new Date(at),
            short
              ? { month: "short", day: "numeric", hour: data.step === "hour" ? "numeric" : undefined }
              : { dateStyle: "medium", timeStyle: "short" },
          )
        }
      />
    </Stack>
  );
}

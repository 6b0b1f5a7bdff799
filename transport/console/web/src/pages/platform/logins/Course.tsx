import { Skeleton, Text } from "@mantine/core";
import { useFormatter, useTranslations } from "use-intl";
import { Chart, type Series } from "~/chart/Chart";
import { Failure } from "~/shell/Failure";
import { type Narrowed, type Part, useCourse } from "./logins";
import type { Period } from "./period";
import { useClientName } from "./words";

const colors = ["harbour.5", "teal.6", "orange.6", "grape.6", "pink.6", "yellow.7"] as const;

/** Course is how the number of logins went over a period, by type of client. */
export function Course({ period, narrowed }: { period: Period; narrowed: Narrowed }) {
  const t = useTranslations("users");
  const format = useFormatter();
  const clientName = useClientName();
  const { data, error, refetch } = useCourse(period, narrowed);
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  if (!data) {
    return <Skeleton height={290} />;
  }
  const clients = [...new Set(data.flatMap((part) => [...part.clients.keys()]))];
  if (clients.length === 0) {
    return <Text c="dimmed">{t("noLogins")}</Text>;
  }
  const shown = clients.slice(0, colors.length);
  const series: Series[] = shown.map((client, i) => ({
    id: `c${i}`, // a client may be called anything
    label: clientName(client),
    color: colors[i] ?? "gray",
  }));
  const byBegin = new Map(data.map((part) => [part.period.from, part]));
  const day = (text: string, short: boolean) =>
    format.dateTime(new Date(`${text}T00:00:00Z`), {
      timeZone: "UTC", // as days are counted
      ...(short ? { day: "numeric", month: "short" } : { dateStyle: "medium" }),
    });
  const span = ({ from, to }: Period) => (from === to ? day(from, false) : `${day(from, false)} – ${day(to, false)}`);
  return (
    <Chart
      label={t("course")}
      points={data.map((part: Part) => ({
        at: part.period.from,
        values: Object.fromEntries(shown.map((client, i) => [`c${i}`, part.clients.get(client) ?? 0])),
      }))}
      series={series}
      value={(n) => format.number(n)}
      time={(at, short) => (short ? day(at, true) : span(byBegin.get(at)?.period ?? { from: at, to: at }))}
    />
  );
}

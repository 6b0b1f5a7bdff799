import { useFormatter } from "use-intl";

/** Time is an instant in the reader's language and zone, exact to the second when pointed at. */
export function Time({ at, day }: { at: string | null | undefined; day?: boolean }) {
  const format = useFormatter();
  if (!at) {
    return "–";
  }
  const date = new Date(at);
  return (
    <time dateTime={at} title={format.dateTime(date, { dateStyle: "full", timeStyle: "long" })}>
      {format.dateTime(date, day ? { dateStyle: "medium" } : { dateStyle: "medium", timeStyle: "short" })}
    </time>
  );
}

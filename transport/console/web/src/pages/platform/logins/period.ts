/** A Period is days of UTC, as the API counts logins, both included. */
export type Period = { from: string; to: string };

const day = 24 * 3600 * 1000;
const at = (text: string) => Date.parse(`${text}T00:00:00Z`);
const text = (time: number) => new Date(time).toISOString().slice(0, 10);

/** lastDays is the period of some days that ends today. */
export function lastDays(days: number, now = Date.now()): Period {
  return { from: text(now - (days - 1) * day), to: text(now) };
}

/** isDay reports whether somebody wrote a day. */
export function isDay(written: string | undefined): written is string {
  return /^\d{4}-\d{2}-\d{2}$/.test(written ?? "") && !Number.isNaN(at(written ?? ""));
}

/** periodOf is what an address says, as far as it is a period; the last 30 days otherwise. */
export function periodOf(from: string | undefined, to: string | undefined, now = Date.now()): Period {
  const last = lastDays(30, now);
  const end = isDay(to) ? to : last.to;
  const begin = isDay(from) ? from : text(at(end) - 29 * day);
  return begin <= end ? { from: begin, to: end } : { from: end, to: begin };
}

/** daysOf is how many days a period has. */
export function daysOf({ from, to }: Period): number {
  return Math.round((at(to) - at(from)) / day) + 1;
}

/** At most so many parts are asked for one by one. */
const parts = 14;

/** partsOf cuts a period into days, weeks or longer parts of equal length; the last one ends where it does. */
export function partsOf(period: Period): Period[] {
  const days = daysOf(period);
  const size = days <= parts ? 1 : days <= parts * 7 ? 7 : Math.ceil(days / parts);
  const cut: Period[] = [];
  for (let end = at(period.to); end >= at(period.from); end -= size * day) {
    cut.unshift({ from: text(Math.max(at(period.from), end - (size - 1) * day)), to: text(end) });
  }
  return cut;
}

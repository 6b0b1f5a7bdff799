/** How far back, in days, and in which steps use is looked at. */
export const ranges = [7, 30, 90] as const;
export type Range = (typeof ranges)[number];
export type Step = "hour" | "day";

const hour = 3600_000;

/**
 * spanOf returns the days of a range until a time in milliseconds, and the steps that it has room for. It begins with a
 * whole hour, so that one that is asked for again soon is the same.
 */
export function spanOf(range: Range, step: Step, now: number): { from: string; to: string; step: Step } {
  const until = Math.ceil(now / hour) * hour;
  return {
    from: new Date(until - range * 24 * hour).toISOString(),
    to: new Date(until).toISOString(),
    step: hourly(range) ? step : "day",
  };
}

/** hourly reports whether a range may be in hours: a history has 400 points at most. */
export function hourly(range: Range): boolean {
  return range * 24 < 400;
}

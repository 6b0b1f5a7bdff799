/** Periods until now that are looked at most, in minutes. */
export const periods = { "15m": 15, "1h": 60, "1d": 24 * 60, "30d": 30 * 24 * 60 } as const;
export type Period = keyof typeof periods;

/** isPeriod reports whether something is one: addresses are written by anybody. */
export function isPeriod(text: string | undefined): text is Period {
  return text !== undefined && Object.hasOwn(periods, text);
}

/** sinceOf returns when a period began that ends at a time in milliseconds. */
export function sinceOf(period: Period, now: number): string {
  return new Date(now - periods[period] * 60_000).toISOString();
}

const day = 24 * 3600 * 1000;

/** dayIn returns the day that is some days away, as an input of the kind date has it. */
export function dayIn(days: number, now = new Date()): string {
  const d = new Date(now);
  d.setDate(d.getDate() + days);
  return `${d.getFullYear()}-${String(d.getMonth() + 1).padStart(2, "0")}-${String(d.getDate()).padStart(2, "0")}`;
}

/** endOf returns the last moment of a day in the reader's zone, as the API has it. */
export function endOf(date: string): string {
  return new Date(`${date}T23:59:59`).toISOString();
}

/** daysLeft returns how many days are left, rounded down; negative when it is over. */
export function daysLeft(expires: string, now = Date.now()): number {
  return Math.floor((Date.parse(expires) - now) / day);
}

/** When somebody should think of another secret, in days. */
export const soon = 14;

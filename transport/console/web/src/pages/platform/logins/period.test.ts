import { describe, expect, it } from "vitest";
import { daysOf, lastDays, partsOf, periodOf } from "./period";

const now = Date.parse("2026-03-10T15:00:00Z");

it("ends today", () => {
  expect(lastDays(7, now)).toEqual({ from: "2026-03-04", to: "2026-03-10" });
  expect(daysOf(lastDays(30, now))).toBe(30);
});

it.each([
  [undefined, undefined, "2026-02-09", "2026-03-10"],
  ["2026-01-01", undefined, "2026-01-01", "2026-03-10"],
  [undefined, "2026-01-30", "2026-01-01", "2026-01-30"],
  ["2026-02-01", "2026-01-01", "2026-01-01", "2026-02-01"],
  ["x", "2026-13-01", "2026-02-09", "2026-03-10"],
])("takes %s and %s for %s to %s", (from, to, begin, end) => {
  expect(periodOf(from, to, now)).toEqual({ from: begin, to: end });
});

describe("the parts of a period", () => {
  it.each([1, 7, 14, 15, 30, 98, 99, 365, 1000, 3650])("of %d days are all of it, once, and few", (days) => {
    const period = lastDays(days, now);
    const cut = partsOf(period);
    expect(cut.length).toBeLessThanOrEqual(14);
    expect(cut[0]?.from).toBe(period.from);
    expect(cut.at(-1)?.to).toBe(period.to);
    expect(cut.reduce((sum, p) => sum + daysOf(p), 0)).toBe(days);
    for (const [i, part] of cut.slice(1).entries()) {
      expect(daysOf({ from: cut[i]?.to ?? "", to: part.from })).toBe(2);
    }
  });
});

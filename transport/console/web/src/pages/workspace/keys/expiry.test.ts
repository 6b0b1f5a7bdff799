import { expect, it } from "vitest";
import { dayIn, daysLeft, endOf } from "./expiry";

it("counts days over the ends of months and years", () => {
  expect(dayIn(1, new Date(2026, 11, 31, 23, 59))).toBe("2027-01-01");
  expect(dayIn(30, new Date(2026, 0, 31))).toBe("2026-03-02");
});

it("ends a day in the reader's zone, not a moment later", () => {
  const end = new Date(endOf("2026-03-29"));
  expect([end.getFullYear(), end.getMonth(), end.getDate(), end.getHours(), end.getSeconds()]).toEqual([
    2026, 2, 29, 23, 59,
  ]);
});

it("says how many days are left", () => {
  const now = Date.parse("2026-01-01T12:00:00Z");
  expect(daysLeft("2026-01-02T11:00:00Z", now)).toBe(0);
  expect(daysLeft("2026-01-03T12:00:00Z", now)).toBe(2);
  expect(daysLeft("2026-01-01T11:00:00Z", now)).toBe(-1);
});

import { describe, expect, it } from "vitest";
import { hourly, ranges, spanOf } from "./history";

const now = Date.parse("2026-05-31T10:20:30Z");

describe("a span", () => {
  it("ends with the hour, as long before as is asked", () => {
    expect(spanOf(7, "hour", now)).toEqual({
      from: "2026-05-24T11:00:00.000Z",
      to: "2026-05-31T11:00:00.000Z",
      step: "hour",
    });
  });

  it("has hours only where there is room for them", () => {
    expect(spanOf(90, "hour", now).step).toBe("day");
    for (const range of ranges.filter(hourly)) {
      expect(range * 24 + 2).toBeLessThanOrEqual(400);
    }
  });
});

import { describe, expect, it } from "vitest";
import { join, split } from "./bytes";

describe("bytes in units", () => {
  it.each([
    [0, { amount: 0, step: "gigabyte" }],
    [10_000_000_000, { amount: 10, step: "gigabyte" }],
    [1_500_000_000_000, { amount: 1.5, step: "terabyte" }],
    [1_234_567, { amount: 1234.567, step: "kilobyte" }],
    [100_000_000_000_000, { amount: 100, step: "terabyte" }],
    [5, { amount: 0.005, step: "kilobyte" }],
  ] as const)("%d is %j", (bytes, written) => {
    expect(split(bytes)).toEqual(written);
    expect(join(written.amount, written.step)).toBe(bytes);
  });

  it.each([1, 999, 1000, 1001, 123_456_789, 999_999_999_999])("writes %d so that it is read back", (bytes) => {
    const { amount, step } = split(bytes);
    expect(join(amount, step)).toBe(bytes);
  });
});

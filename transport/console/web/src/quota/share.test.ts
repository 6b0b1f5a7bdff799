import { describe, expect, it } from "vitest";
import { fullnessOf, partsOf } from "./share";

describe("how full something is", () => {
  it.each([
    [{ use: 5, limit: null }, "unlimited"],
    [{ use: 0, limit: 0 }, "fine"],
    [{ use: 79, limit: 100 }, "fine"],
    [{ use: 80, limit: 100 }, "near"],
    [{ use: 70, held: 10, limit: 100 }, "near"],
    [{ use: 90, held: 10, limit: 100 }, "full"],
    [{ use: 100, limit: 100 }, "full"],
    [{ use: 101, limit: 100 }, "over"],
    [{ use: 1, limit: 0 }, "over"],
  ] as const)("%j is %s", (use, fullness) => expect(fullnessOf(use)).toBe(fullness));
});

describe("the parts of a bar", () => {
  it.each([
    [
      { use: 25, held: 50, limit: 100 },
      { used: 25, held: 50 },
    ],
    [
      { use: 80, held: 50, limit: 100 },
      { used: 80, held: 20 },
    ],
    [
      { use: 300, held: 5, limit: 100 },
      { used: 100, held: 0 },
    ],
    [
      { use: 3, limit: null },
      { used: 0, held: 0 },
    ],
    [
      { use: 3, limit: 0 },
      { used: 100, held: 0 },
    ],
    [
      { use: 0, limit: 0 },
      { used: 0, held: 0 },
    ],
  ] as const)("of %j are %j", (use, parts) => expect(partsOf(use)).toEqual(parts));
});

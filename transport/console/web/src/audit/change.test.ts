import { describe, expect, it } from "vitest";
import { changesOf, told } from "./change";

describe("a value", () => {
  it.each([
    ["plain", "plain"],
    ["", "“”"],
    [["Editor", "Viewer"], "Editor, Viewer"],
    [[], "[]"],
    [12, "12"],
    [true, "true"],
    [null, "null"],
    [{ a: 1 }, '{\n  "a": 1\n}'],
    [[{ a: 1 }], '[\n  {\n    "a": 1\n  }\n]'],
    ["<b>bold</b>", "<b>bold</b>"],
  ])("%j is told as %j", (value, text) => expect(told(value)).toBe(text));
});

describe("what an event set", () => {
  it("is what was and what is, by name", () => {
    expect(changesOf({ roles: ["Viewer"], gone: 1 }, { roles: ["Editor"], made: true })).toEqual([
      { name: "roles", before: "Viewer", after: "Editor" },
      { name: "made", before: undefined, after: "true" },
      { name: "gone", before: "1", after: undefined },
    ]);
  });

  it("is nothing where nothing is said", () => {
    expect(changesOf({}, {})).toEqual([]);
    expect(changesOf(undefined, null)).toEqual([]);
  });

  it("is one thing without a name where it is no object", () => {
    expect(changesOf(undefined, "text")).toEqual([{ name: "", before: undefined, after: "text" }]);
    expect(changesOf([1], [1, 2])).toEqual([{ name: "", before: "1", after: "1, 2" }]);
  });
});

import { describe, expect, it } from "vitest";
import { deciding, type Explanation, keeperOf, type Rule, ruleOf, weigh } from "./decide";
import { gathered } from "./gathered";

const rule = (id: string, effect: "allow" | "deny"): Rule => ({
  id,
  num: 1,
  node: 9,
  effect,
  principal: 8,
  propagate: true,
  created: "2026-01-01T00:00:00Z",
});

const step = (node: number, ...rules: Rule[]) => ({
  node,
  class: "resource_group",
  sovereign: false,
  sealed: false,
  rules,
});

function explanation(
  cause: Explanation["cause"],
  path: Explanation["path"],
  more: Partial<Explanation> = {},
): Explanation {
  return { principal: 8, node: 9, permission: "data.read", allowed: cause === "rule", cause, path, ...more };
}

describe("what decided", () => {
  const allow = rule("a", "allow");
  const deny = rule("d", "deny");

  it("is what allows, where a rule allows", () => {
    const e = explanation("rule", [step(2, allow), step(9)]);
    expect(weigh(e, allow)).toBe("decides");
    expect(e.path.map((s) => deciding(e, s))).toEqual([true, false]);
  });

  it("is what denies, however much allows", () => {
    const e = explanation("deny", [step(2, allow), step(9, deny)]);
    expect(weigh(e, allow)).toBe("outdone");
    expect(weigh(e, deny)).toBe("decides");
    expect(e.path.map((s) => deciding(e, s))).toEqual([false, true]);
  });

  it("is the seal, and the supervision, and no rule", () => {
    const sealed = explanation("seal", [{ ...step(2, allow), sealed: true }, step(9)], { sealed: 2 });
    expect(sealed.path.map((s) => deciding(sealed, s))).toEqual([true, false]);
    expect(weigh(sealed, allow)).toBe("outdone");
    const supervised = explanation("supervision", [{ ...step(2, deny), sovereign: true }, step(9)]);
    expect(supervised.path.map((s) => deciding(supervised, s))).toEqual([true, false]);
    expect(weigh(supervised, deny)).toBe("outdone");
  });

  it("is nothing on the way where a requirement lacks or nothing speaks", () => {
    for (const cause of ["requirement", "default", "disabled", "behalf", "giving"] as const) {
      const e = explanation(cause, [step(2, allow), step(9)]);
      expect(e.path.some((s) => deciding(e, s))).toBe(false);
      expect(weigh(e, allow)).toBe("outdone");
    }
  });

  it("is told of by explanations that an explanation rests on, too", () => {
    const e = explanation("requirement", [step(2)], { why: explanation("deny", [step(9, deny)]) });
    expect(ruleOf(e, "d")).toBe(deny);
    expect(ruleOf(e, "x")).toBeUndefined();
    expect(ruleOf(e, undefined)).toBeUndefined();
  });
});

it("knows what keeps a rule", () => {
  expect(keeperOf({ origin: "manual" })).toBeUndefined();
  expect(keeperOf({})).toBeUndefined();
  expect(keeperOf({ origin: "permission/0190" })).toBe("permission");
  expect(keeperOf({ origin: "member" })).toBe("member");
  expect(keeperOf({ origin: "suspension" })).toBe("suspension");
  expect(keeperOf({ origin: "something/new" })).toBe("other");
});

it("puts together what is the same on several nodes", () => {
  expect(
    gathered([
      { principal: 8, node: 1, given: ["data.read", "data.write"], taken: [] },
      { principal: 8, node: 2, given: ["data.read", "data.write"], taken: ["resource.read"] },
      { principal: 9, node: 2, given: ["data.read"], taken: [] },
    ]),
  ).toEqual([
    {
      principal: 8,
      given: [{ permissions: ["data.read", "data.write"], nodes: [1, 2] }],
      taken: [{ permissions: ["resource.read"], nodes: [2] }],
    },
    { principal: 9, given: [{ permissions: ["data.read"], nodes: [2] }], taken: [] },
  ]);
});

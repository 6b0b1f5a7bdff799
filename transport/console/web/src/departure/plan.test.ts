import { describe, expect, it } from "vitest";
import { departureOf, isDecided, keyQueryOf, transfersOf, undecided } from "./disposal";
import {
  byWorkspace,
  countByClass,
  type Fate,
  givenOf,
  needsOf,
  outcomeOf,
  type Plan,
  standing,
  topmost,
} from "./plan";

function fate(node: number, like: Partial<Fate> = {}): Fate {
  return {
    node,
    class: "vector_layer",
    parent: 100,
    others: [],
    below: 0,
    foreign: [],
    workspace: "w",
    deleted: false,
    ...like,
  };
}

function plan(...codes: Plan["blockers"][number]["code"][]): Plan {
  return {
    name: "",
    memberships: [],
    groups: [],
    rules: [],
    holdings: [],
    ended: {},
    supervised: [],
    blockers: codes.map((code) => ({ code, text: "" })),
    token: "t",
  };
}

describe("a disposal", () => {
  it("is none while nobody is chosen, and deletes nothing then", () => {
    expect(isDecided(undecided)).toBe(false);
    expect(departureOf(undecided)).toEqual({});
    expect(keyQueryOf(undecided)).toEqual({});
  });

  it("transfers to who is chosen", () => {
    const d = { transfer: true, heir: 7, cascade: true }; // ticked before, and of no concern now
    expect(isDecided(d)).toBe(true);
    expect(departureOf(d)).toEqual({ transfer_to: 7 });
    expect(keyQueryOf(d)).toEqual({ transfer_to: 7 });
  });

  it("deletes, whoever was chosen before", () => {
    const d = { transfer: false, heir: 7, cascade: false };
    expect(isDecided(d)).toBe(true);
    expect(departureOf(d)).toEqual({ delete: true, cascade: false });
    expect(keyQueryOf(d)).toEqual({ delete_resources: true, cascade: undefined });
  });

  it("is said of each thing where there are several workspaces, and of none that is not decided", () => {
    const holdings = [
      fate(1, { workspace: "a" }),
      fate(2, { workspace: "b" }),
      fate(3, { workspace: "c" }),
      fate(4, { workspace: "d" }),
    ];
    const disposals = {
      a: { transfer: true, heir: 7, cascade: false },
      b: { transfer: false, heir: 7, cascade: false },
      c: undecided,
    };
    expect(transfersOf(holdings, disposals)).toEqual([{ node: 1, to: 7 }, { node: 2 }]);
  });
});

describe("a plan", () => {
  it("is sorted by what becomes of each thing", () => {
    const holdings = [
      fate(1, { deleted: true }),
      fate(2, { to: 7 }),
      fate(3, { others: [9] }),
      fate(4, { to: 7 }),
      fate(5, { to: 8 }),
    ];
    const { deleted, transferred, left } = outcomeOf(holdings);
    expect(deleted.map((f) => f.node)).toEqual([1]);
    expect(transferred.map(({ to, fates }) => [to, fates.map((f) => f.node)])).toEqual([
      [7, [2, 4]],
      [8, [5]],
    ]);
    expect(left.map((f) => f.node)).toEqual([3]);
  });

  it("names what goes once: not what lies in it as well", () => {
    expect(topmost([fate(1), fate(2, { parent: 1 }), fate(3, { parent: 9 })]).map((f) => f.node)).toEqual([1, 3]);
  });

  it("counts by class, the most of it first", () => {
    expect(countByClass([fate(1, { class: "b" }), fate(2, { class: "a" }), fate(3, { class: "b" })])).toEqual([
      ["b", 2],
      ["a", 1],
    ]);
  });

  it("tells what was given by hand from what comes with the membership", () => {
    const rule = { id: "", num: 1, node: 1, effect: "allow", principal: 1, propagate: true, created: "" } as const;
    expect(givenOf([{ ...rule, origin: "member" }, { ...rule, origin: "manual" }, rule]).map((r) => r.origin)).toEqual([
      "manual",
      undefined,
    ]);
  });

  it("needs a word about what elsewhere needs of what goes, and of nothing else", () => {
    const holdings = [
      fate(1, { deleted: true, foreign: [9] }),
      fate(2, { deleted: true }),
      fate(3, { to: 7, foreign: [9] }),
    ];
    expect(needsOf(holdings).map((f) => f.node)).toEqual([1]);
  });

  it("has nothing stand against it that is still to be decided", () => {
    const p = plan("owns_resources", "needed", "kept", "supervisor");
    expect(standing(p, false).map((b) => b.code)).toEqual(["supervisor"]);
    expect(standing(p, true)).toHaveLength(4);
  });

  it("is of several workspaces, each by itself", () => {
    const found = byWorkspace([fate(1, { workspace: "a" }), fate(2, { workspace: "b" }), fate(3, { workspace: "a" })]);
    expect(found.map(([w, list]) => [w, list.map((f) => f.node)])).toEqual([
      ["a", [1, 3]],
      ["b", [2]],
    ]);
  });
});

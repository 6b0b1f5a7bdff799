import { describe, expect, it } from "vitest";
import { type Load, type Node, Tree } from "./tree";

const node = (num: number, name = `n${num}`, children = true): Node => ({
  num,
  class: "resource_group",
  display_name: name,
  children,
});

/** A server of levels; cursors are the name of the last node of the page before, as a keyset's are. */
function server(levels: Record<number, Node[]>, size = 10) {
  const asked: string[] = [];
  const load: Load = async (parent, cursor, signal) => {
    asked.push(`${parent}@${cursor ?? ""}`);
    await Promise.resolve();
    signal.throwIfAborted();
    const all = [...(levels[parent] ?? [])].sort((a, b) => (a.display_name < b.display_name ? -1 : 1));
    const rest = cursor === undefined ? all : all.filter((n) => n.display_name > cursor);
    const items = rest.slice(0, size);
    return {
      items,
      next: rest.length > size ? items.at(-1)?.display_name : undefined,
      total: cursor === undefined ? all.length : undefined,
    };
  };
  return { asked, load, levels };
}

const many = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => node(from + i, `n${String(from + i).padStart(7, "0")}`));

const settle = async () => {
  for (let i = 0; i < 2000; i++) {
    await Promise.resolve();
  }
};

const names = (tree: Tree) =>
  Array.from({ length: tree.size }, (_, i) => {
    const row = tree.row(i);
    return row?.is === "node" ? `${"  ".repeat(row.depth - 1)}${row.node.num}` : "?";
  });

describe("a tree", () => {
  it("opens level by level, and closes again", async () => {
    const s = server({ 1: [node(2), node(3)], 2: [node(4)], 4: [node(5, "n5", false)] });
    const tree = new Tree(node(1), s.load, { size: 10 });
    tree.need(0, 50);
    await settle();
    expect(names(tree)).toEqual(["1", "  2", "  3"]);
    expect(s.asked).toEqual(["1@"]);
    const two = tree.row(1);
    if (two?.is !== "node") throw new Error("no node");
    tree.open(two.level, two.index);
    expect(names(tree)).toEqual(["1", "  2", "?", "  3"]);
    tree.need(0, 50);
    await settle();
    expect(names(tree)).toEqual(["1", "  2", "    4", "  3"]);
    const four = tree.row(2);
    if (four?.is !== "node") throw new Error("no node");
    tree.open(four.level, four.index);
    tree.need(0, 50);
    await settle();
    expect(names(tree)).toEqual(["1", "  2", "    4", "      5", "  3"]);
    for (let i = 0; i < tree.size; i++) {
      const row = tree.row(i);
      expect(row && tree.flatOf(row.level, row.index)).toBe(i);
    }
    expect(tree.above(four.level)).toEqual({ level: two.level, index: two.index });
    tree.close(two.level, two.index);
    expect(names(tree)).toEqual(["1", "  2", "  3"]);
    expect(tree.flatOf(four.level, four.index)).toBe(-1);
  });

  it("reads only what is looked at, walks to what is far, and lets go of what is not looked at", async () => {
    const s = server({ 1: many(10, 1000) });
    const tree = new Tree(node(1), s.load, { size: 10, kept: 6 });
    tree.need(0, 5);
    await settle();
    expect(tree.size).toBe(1001);
    expect(s.asked).toHaveLength(1);
    tree.need(901, 905); // page 90
    await settle();
    expect(s.asked).toHaveLength(91);
    expect(tree.row(901)).toMatchObject({ is: "node", node: { num: 910 } });
    expect(tree.weight).toBeLessThanOrEqual(6 + 1); // and the root
    expect(tree.row(1)).toMatchObject({ is: "waiting" });
    tree.need(401, 402); // its beginning is remembered: one question
    await settle();
    expect(s.asked).toHaveLength(92);
    expect(tree.row(401)).toMatchObject({ is: "node", node: { num: 410 } });
  });

  it("keeps the place of what is opened when pages go and come", async () => {
    const s = server({ 1: many(10, 200), 205: [node(999, "x", false)] });
    const tree = new Tree(node(1), s.load, { size: 10, kept: 4 });
    const found = await tree.reveal([1, 205, 999], new AbortController().signal);
    expect(found && tree.flatOf(found.level, found.index)).toBe(1 + 195 + 1);
    for (let page = 0; page < 15; page++) {
      tree.need(page * 10 + 1, page * 10 + 10);
      await settle();
    }
    expect(tree.size).toBe(202);
    expect(tree.row(197)).toMatchObject({ depth: 3 });
    expect(tree.row(198)).toMatchObject({ depth: 2, index: 196 });
  });

  it("shows what changed when it is told, where things are now", async () => {
    const s = server({ 1: many(10, 35), 20: [node(999, "x", false)] });
    const tree = new Tree(node(1), s.load, { size: 10 });
    await tree.reveal([1, 20, 999], new AbortController().signal);
    tree.need(0, 50);
    await settle();
    expect(tree.size).toBe(37);
    s.levels[1] = [node(1000, "n0000000"), ...(s.levels[1] ?? []).filter((n) => n.num !== 12)];
    s.levels[1].push(node(1001, "n0000009"));
    tree.refresh([1]);
    expect(tree.size).toBe(37); // what is shown stays until it is read
    tree.need(0, 50);
    await settle();
    expect(names(tree).slice(0, 6)).toEqual(["1", "  1000", "  1001", "  10", "  11", "  13"]);
    expect(names(tree)).toContain("    999");
    expect(names(tree).indexOf("    999")).toBe(names(tree).indexOf("  20") + 1);
    s.levels[1] = s.levels[1].filter((n) => n.num !== 20);
    tree.refresh([1]);
    tree.need(0, 50);
    await settle();
    expect(names(tree)).not.toContain("    999");
    expect(tree.size).toBe(36);
  });

  it("begins anew behind a page that ends elsewhere now", async () => {
    const s = server({ 1: many(10, 45) });
    const tree = new Tree(node(1), s.load, { size: 10, kept: 2 });
    tree.need(41, 45);
    await settle();
    s.levels[1]?.push(node(5000, "n0000011a")); // in page 0, whose last node is pushed to page 1
    for (const at of [1, 11, 21, 31, 41]) {
      tree.need(at, at + 9);
      await settle();
    }
    tree.need(41, 46);
    await settle();
    expect(tree.size).toBe(47);
    const shown = new Set<number>();
    for (let i = 1; i < tree.size; i++) {
      tree.need(i, i);
      await settle();
      const row = tree.row(i);
      if (row?.is === "node") shown.add(row.node.num);
    }
    expect(shown.size).toBe(46);
  });

  it("finds nothing where nothing is, tells how far it looked, and says what failed", async () => {
    const s = server({ 1: many(10, 35) });
    const tree = new Tree(node(1), s.load, { size: 10 });
    const seen: number[] = [];
    const nothing = await tree.reveal([1, 7], new AbortController().signal, (n, of) => seen.push(n, of));
    expect(nothing).toBeUndefined();
    expect(seen).toEqual([10, 35, 20, 35, 30, 35, 35, 35]);

    let broken = true;
    const other = new Tree(node(1), async (...args) => {
      if (broken) throw new Error("no network");
      return s.load(...args);
    });
    other.need(0, 5);
    await settle();
    expect(other.failed?.failure).toBeInstanceOf(Error);
    broken = false;
    const level = other.failed;
    if (!level) throw new Error("nothing failed");
    other.retry(level);
    other.need(0, 5);
    await settle();
    expect(other.failed).toBeUndefined();
    expect(other.size).toBe(36);
  });
});

import type { Schemas } from "~/api/list";

/** What the tree knows of a node. */
export type Node = Pick<Schemas["Resource"], "num" | "class" | "display_name" | "owner"> & { children: boolean };

/** A Level is what lies directly in one node, as far as it was read. */
export type Level = {
  parent: number;
  /** How many nodes it has, as far as that is known. */
  count: number;
  /** The last page was seen. */
  ended: boolean;
  /** Where pages begin: cursors[i] leads to page i. */
  cursors: (string | undefined)[];
  /** The pages that are kept. */
  pages: Map<number, Node[]>;
  /** Pages that something may have changed since. */
  stale: Set<number>;
  /** Levels that are opened in it, by the number of the node. */
  open: Map<number, Opened>;
  /** The same, in order, those alone whose place is known. */
  placed: Opened[];
  failure?: unknown;
};

/** An Opened is a level with the node that it lies in. */
export type Opened = { num: number; index: number | undefined; level: Level };

/** emptyLevel returns a level of which nothing was read. */
export function emptyLevel(parent: number): Level {
  return {
    parent,
    count: 1, // the row that says that it is being read
    ended: false,
    cursors: [undefined],
    pages: new Map(),
    stale: new Set(),
    open: new Map(),
    placed: [],
  };
}

/** place puts opened levels in order. */
export function place(level: Level): void {
  level.placed = [...level.open.values()]
    .filter((o) => o.index !== undefined)
    .sort((a, b) => (a.index ?? 0) - (b.index ?? 0));
}

/** sizeOf returns how many rows a level has with all that is opened in it. */
export function sizeOf(level: Level): number {
  return level.placed.reduce((sum, o) => sum + sizeOf(o.level), level.count);
}

/** find returns what is at a place, counted from the beginning of a level. */
export function find(
  level: Level,
  flat: number,
  depth: number,
): { level: Level; index: number; depth: number } | undefined {
  let before = 0; // rows of opened levels above
  for (const o of level.placed) {
    const at = o.index ?? 0;
    if (flat <= at + before) {
      break;
    }
    const size = sizeOf(o.level);
    if (flat <= at + before + size) {
      return find(o.level, flat - at - before - 1, depth + 1);
    }
    before += size;
  }
  const index = flat - before;
  return index >= 0 && index < level.count ? { level, index, depth } : undefined;
}

/** flatOf returns where a place of a level is, counted from the beginning of another that it lies in. */
export function flatOf(here: Level, level: Level, index: number): number | undefined {
  if (here === level) {
    return here.placed.reduce((sum, o) => ((o.index ?? 0) < index ? sum + sizeOf(o.level) : sum), index);
  }
  let before = 0;
  for (const o of here.placed) {
    const inside = flatOf(o.level, level, index);
    if (inside !== undefined) {
      return before + (o.index ?? 0) + 1 + inside;
    }
    before += sizeOf(o.level);
  }
  return undefined;
}

/** each goes through a level and all that are opened in it. */
export function* each(level: Level): Generator<Level> {
  yield level;
  for (const o of level.open.values()) {
    yield* each(o.level);
  }
}

/** search returns the first level that is what is looked for. */
export function search(level: Level, is: (level: Level) => boolean): Level | undefined {
  for (const here of each(level)) {
    if (is(here)) {
      return here;
    }
  }
  return undefined;
}

const ids = new WeakMap<Level, number>();
let lastId = 0;

/** keyOf names a page of a level. */
export function keyOf(level: Level, page: number): string {
  let id = ids.get(level);
  if (id === undefined) {
    id = ++lastId;
    ids.set(level, id);
  }
  return `${id}/${page}`;
}

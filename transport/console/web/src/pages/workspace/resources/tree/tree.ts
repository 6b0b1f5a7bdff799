import { each, emptyLevel, find, flatOf, keyOf, type Level, type Node, place, search, sizeOf } from "./level";

export type { Level, Node } from "./level";

/** A page of a level, as the server gives it. */
export type Page = { items: Node[]; next?: string; total?: number };

/** Reads a page of what lies in a node, the first one without a cursor. */
export type Load = (parent: number, cursor: string | undefined, signal: AbortSignal) => Promise<Page>;

/** A Row of the tree as it is drawn, from the top. */
export type Row =
  | { is: "node"; node: Node; level: Level; index: number; depth: number }
  /** Not read yet. */
  | { is: "waiting"; level: Level; index: number; depth: number };

/** How many nodes a page has: the most that the server gives. */
export const pageSize = 200;

/** A Walk reads pages of a level one after another. */
type Walk = { from: number; to: number; control: AbortController; done: Promise<void> };

/** How many pages are kept; those that were looked at longest ago go first. */
const keptPages = 60;

/**
 * A Tree opens level by level. It keeps what is looked at and where pages begin, and lets go of the rest, so that a level
 * of a hundred thousand nodes takes no more memory than one of a thousand.
 */
export class Tree {
  readonly top: Level;
  #version = 0;
  readonly #load: Load;
  readonly #size: number;
  readonly #kept: number;
  readonly #listeners = new Set<() => void>();
  /** What was looked at, the latest last. */
  readonly #seen = new Map<string, { level: Level; page: number }>();
  readonly #walks = new Map<Level, Walk>();

  constructor(root: Node, load: Load, opts: { size?: number; kept?: number } = {}) {
    this.#load = load;
    this.#size = opts.size ?? pageSize;
    this.#kept = opts.kept ?? keptPages;
    this.top = emptyLevel(-1);
    Object.assign(this.top, { count: 1, ended: true, pages: new Map([[0, [root]]]) });
    this.open(this.top, 0);
  }

  /** Calls fn whenever something changes; it returns what stops that. */
  subscribe = (fn: () => void): (() => void) => {
    this.#listeners.add(fn);
    return () => this.#listeners.delete(fn);
  };

  /** A number that changes with the tree. */
  version = (): number => this.#version;

  #changed(): void {
    this.#version++;
    for (const fn of this.#listeners) {
      fn();
    }
  }

  /** How many rows there are. */
  get size(): number {
    return sizeOf(this.top);
  }

  /** The row at a place, counted from the top. */
  row(flat: number): Row | undefined {
    const found = find(this.top, flat, 1);
    if (!found) {
      return undefined;
    }
    const { level, index } = found;
    const node = this.at(level, index);
    return node ? { is: "node", node, ...found } : { is: "waiting", ...found };
  }

  /** The node at a place of a level, if it is kept. */
  at(level: Level, index: number): Node | undefined {
    return level.pages.get(Math.floor(index / this.#size))?.[index % this.#size];
  }

  /** Where a place of a level is, counted from the top; -1 when what it lies in is closed. */
  flatOf(level: Level, index: number): number {
    return flatOf(this.top, level, index) ?? -1;
  }

  /** The level that is opened in a node. */
  opened(level: Level, node: Node): Level | undefined {
    const o = level.open.get(node.num);
    return o && o.index !== undefined ? o.level : undefined;
  }

  /** The place of the node that a level lies in. */
  above(level: Level): { level: Level; index: number } | undefined {
    const here = search(this.top, ({ open }) => [...open.values()].some((o) => o.level === level));
    const index = here?.open.get(level.parent)?.index;
    return here && index !== undefined ? { level: here, index } : undefined;
  }

  open(level: Level, index: number): void {
    const node = this.at(level, index);
    if (!node || level.open.has(node.num)) {
      return;
    }
    level.open.set(node.num, { num: node.num, index, level: emptyLevel(node.num) });
    place(level);
    this.#changed();
  }

  close(level: Level, index: number): void {
    const node = this.at(level, index);
    const o = node && level.open.get(node.num);
    if (!node || !o) {
      return;
    }
    level.open.delete(node.num);
    place(level);
    this.#forget(o.level);
    this.#changed();
  }

  #forget(level: Level): void {
    this.#walks.get(level)?.control.abort();
    this.#walks.delete(level);
    for (const page of level.pages.keys()) {
      this.#seen.delete(keyOf(level, page));
    }
    for (const o of level.open.values()) {
      this.#forget(o.level);
    }
  }

  /** Reads what rows from one place to another need, and lets go of what was not looked at for long. */
  need(from: number, to: number): void {
    const pages = new Map<Level, Set<number>>();
    for (let flat = Math.max(0, from); flat <= to; flat++) {
      const found = find(this.top, flat, 1);
      if (!found) {
        break;
      }
      const page = Math.floor(found.index / this.#size);
      const of = pages.get(found.level) ?? new Set();
      pages.set(found.level, of.add(page));
    }
    for (const [level, of] of pages) {
      let missing = -1;
      for (const page of of) {
        this.#look(level, page);
        if (!level.pages.has(page) || level.stale.has(page)) {
          missing = Math.max(missing, page);
        }
      }
      if (missing >= 0 && level.failure === undefined) {
        void this.#walk(level, missing, Math.min(...of));
      }
    }
    this.#letGo();
  }

  #look(level: Level, page: number): void {
    const key = keyOf(level, page);
    this.#seen.delete(key);
    this.#seen.set(key, { level, page });
  }

  #letGo(): void {
    const keep = this.#kept;
    let over = this.#seen.size - keep;
    for (const [key, { level, page }] of this.#seen) {
      if (over-- <= 0) {
        break;
      }
      this.#seen.delete(key);
      if (level !== this.top) {
        level.pages.delete(page);
      }
    }
  }

  /** A level that could not be read, where there is one. */
  get failed(): Level | undefined {
    return search(this.top, (level) => level.failure !== undefined);
  }

  /** Tries again what failed. */
  retry(level: Level): void {
    level.failure = undefined;
    this.#changed();
  }

  /** Reads pages one after another until it has some; only from where their beginning is known on. */
  #walk(level: Level, to: number, from: number): Promise<void> {
    const under = this.#walks.get(level);
    if (under) {
      Object.assign(under, { from, to });
      return under.done;
    }
    const control = new AbortController();
    const walk: Walk = { from, to, control, done: Promise.resolve() };
    this.#walks.set(level, walk);
    walk.done = (async () => {
      try {
        // What is looked at may change while pages come: it is asked for again with every turn.
        for (let page = this.#next(level, walk); page !== undefined; page = this.#next(level, walk)) {
          const answer = await this.#load(level.parent, level.cursors[page], control.signal);
          if (control.signal.aborted) {
            return;
          }
          this.#take(level, page, answer);
        }
      } catch (error) {
        if (!control.signal.aborted) {
          level.failure = error;
          this.#changed();
        }
      } finally {
        if (this.#walks.get(level) === walk) {
          this.#walks.delete(level);
        }
      }
    })();
    return walk.done;
  }

  /** The next page to read on the way to another. */
  #next(level: Level, { from, to }: Walk): number | undefined {
    const known = level.cursors.length - 1; // the last one whose beginning is known
    for (let page = Math.min(from, to); page <= to; page++) {
      if (page > known) {
        return level.ended ? undefined : known;
      }
      if (!level.pages.has(page) || level.stale.has(page)) {
        return page;
      }
    }
    return undefined;
  }

  #take(level: Level, page: number, answer: Page): void {
    level.pages.set(page, answer.items);
    level.stale.delete(page);
    this.#look(level, page);
    if (level.cursors[page + 1] !== answer.next || !answer.next) {
      // Pages behind begin elsewhere now.
      level.cursors.length = page + 1;
      level.ended = !answer.next;
      if (answer.next) {
        level.cursors.push(answer.next);
        for (const behind of level.pages.keys()) {
          if (behind > page) {
            level.stale.add(behind);
          }
        }
      }
    }
    const upTo = page * this.#size + answer.items.length;
    if (!answer.next) {
      level.count = upTo;
      for (const behind of [...level.pages.keys()]) {
        if (behind > page) {
          level.pages.delete(behind);
          level.stale.delete(behind);
          this.#seen.delete(keyOf(level, behind));
        }
      }
    } else if (!level.ended) {
      level.count = Math.max(page === 0 ? (answer.total ?? 0) : level.count, upTo + 1);
    }
    for (const [i, node] of answer.items.entries()) {
      const o = level.open.get(node.num);
      if (o) {
        o.index = page * this.#size + i;
      }
    }
    // What is opened where something else is now has gone, or comes further on.
    for (const o of level.open.values()) {
      if (
        o.index !== undefined &&
        Math.floor(o.index / this.#size) === page &&
        this.at(level, o.index)?.num !== o.num
      ) {
        o.index = undefined;
      }
      if (o.index !== undefined && o.index >= level.count) {
        o.index = undefined;
      }
    }
    place(level);
    this.#letGo();
    this.#changed();
  }

  /** Has everything read again that lies directly in some nodes; what is shown stays until then. */
  refresh(parents: readonly number[]): void {
    for (const level of each(this.top)) {
      if (parents.includes(level.parent) && level !== this.top) {
        this.#walks.get(level)?.control.abort();
        this.#walks.delete(level);
        level.cursors = [undefined];
        level.ended = false;
        level.failure = undefined;
        for (const page of level.pages.keys()) {
          level.stale.add(page);
        }
      }
    }
    this.#changed();
  }

  /** Puts in what is known better of a node, wherever it is shown. */
  put(node: Node): void {
    for (const level of each(this.top)) {
      for (const nodes of level.pages.values()) {
        const i = nodes.findIndex((n) => n.num === node.num);
        if (i >= 0) {
          nodes[i] = node;
        }
      }
    }
    this.#changed();
  }

  /**
   * Opens a way from the top, and returns where its end is. What has to be looked for in a long level takes a while:
   * progress hears how many were looked at.
   */
  async reveal(
    way: readonly number[],
    signal: AbortSignal,
    progress: (seen: number, of: number) => void = () => undefined,
  ): Promise<{ level: Level; index: number } | undefined> {
    let level = this.top;
    let index: number | undefined;
    for (const [i, num] of way.entries()) {
      index = await this.#search(level, num, signal, progress);
      if (index === undefined) {
        return undefined;
      }
      if (i < way.length - 1) {
        this.open(level, index);
        const inside = level.open.get(num)?.level;
        if (!inside) {
          return undefined;
        }
        level = inside;
      }
    }
    return index === undefined ? undefined : { level, index };
  }

  async #search(
    level: Level,
    num: number,
    signal: AbortSignal,
    progress: (seen: number, of: number) => void,
  ): Promise<number | undefined> {
    for (const [page, nodes] of level.pages) {
      const i = nodes.findIndex((n) => n.num === num);
      if (i >= 0 && !level.stale.has(page)) {
        return page * this.#size + i;
      }
    }
    for (let page = 0; !signal.aborted; page++) {
      // What is looked at meanwhile may have the walk go elsewhere.
      while ((!level.pages.has(page) || level.stale.has(page)) && !(level.ended && page >= level.cursors.length)) {
        await this.#walk(level, page, page);
        if (signal.aborted) {
          return undefined;
        }
        if (level.failure !== undefined) {
          throw level.failure;
        }
      }
      const nodes = level.pages.get(page);
      const i = nodes?.findIndex((n) => n.num === num) ?? -1;
      if (i >= 0) {
        return page * this.#size + i;
      }
      progress(Math.min((page + 1) * this.#size, level.count), level.count);
      if (!nodes || (level.ended && page >= level.cursors.length - 1)) {
        return undefined;
      }
    }
    return undefined;
  }

  /** How many pages are kept, for who wants to know what it costs. */
  get weight(): number {
    return [...each(this.top)].reduce((sum, level) => sum + level.pages.size, 0);
  }

  /** Stops whatever is under way. */
  end(): void {
    for (const { control } of this.#walks.values()) {
      control.abort();
    }
    this.#walks.clear();
  }
}

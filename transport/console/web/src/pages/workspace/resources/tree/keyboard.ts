import type { Level, Tree } from "./tree";

/** A Place is where a node is, whether it was read or not. */
export type Place = { level: Level; index: number };

/** Typed is what letters were pressed one soon after another. */
export type Typed = { text: string; at: number };

/** After so long without a letter, the next one begins anew, in milliseconds. */
const pause = 700;

/** How many rows letters are looked for in. */
const reach = 2000;

/**
 * move returns where a key leads from a place, as the pattern for trees has it (WAI-ARIA); undefined for a key that means
 * nothing. It opens and closes what the arrows open and close.
 */
export function move(tree: Tree, from: Place, key: string, page: number, typed: Typed, now: number): Place | undefined {
  const flat = Math.max(0, tree.flatOf(from.level, from.index));
  const node = tree.at(from.level, from.index);
  switch (key) {
    case "ArrowDown":
      return placeAt(tree, flat + 1);
    case "ArrowUp":
      return placeAt(tree, flat - 1);
    case "PageDown":
      return placeAt(tree, flat + page);
    case "PageUp":
      return placeAt(tree, flat - page);
    case "Home":
      return placeAt(tree, 0);
    case "End":
      return placeAt(tree, tree.size - 1);
    case "ArrowRight":
      if (!node?.children) {
        return from;
      }
      if (!tree.opened(from.level, node)) {
        tree.open(from.level, from.index);
        return from;
      }
      return placeAt(tree, flat + 1);
    case "ArrowLeft":
      if (node && tree.opened(from.level, node) && from.level !== tree.top) {
        tree.close(from.level, from.index);
        return from;
      }
      return tree.above(from.level) ?? from;
    default:
      return key.length === 1 ? type(tree, flat, key, typed, now) : undefined;
  }
}

function placeAt(tree: Tree, flat: number): Place | undefined {
  const row = tree.row(Math.min(Math.max(flat, 0), tree.size - 1));
  return row && { level: row.level, index: row.index };
}

/** type goes to the next node whose name begins with what was typed, among those that were read. */
function type(tree: Tree, flat: number, key: string, typed: Typed, now: number): Place | undefined {
  if (key === " " && typed.text === "") {
    return undefined;
  }
  typed.text = now - typed.at > pause ? key : typed.text + key;
  typed.at = now;
  // One letter again and again goes through all that begin with it.
  const repeated = [...typed.text].every((c) => c === typed.text[0]);
  const wanted = (repeated ? (typed.text[0] ?? "") : typed.text).toLocaleLowerCase();
  const size = tree.size;
  for (let i = repeated ? 1 : 0; i < Math.min(size, reach); i++) {
    const row = tree.row((flat + i) % size);
    if (row?.is === "node" && row.node.display_name.toLocaleLowerCase().startsWith(wanted)) {
      return { level: row.level, index: row.index };
    }
  }
  return undefined;
}

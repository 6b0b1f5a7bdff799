import { useVirtualizer } from "@tanstack/react-virtual";
import { type KeyboardEvent, useEffect, useId, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { usePrincipals } from "~/explain/principals";
import { Failure } from "~/shell/Failure";
import { move, type Place } from "./keyboard";
import { TreeRow } from "./TreeRow";
import type { Node, Tree } from "./tree";
import classes from "./tree.module.css";

/** How high a row is, in pixels. */
const rowHeight = 34;

const nobody: number[] = [];

type Props = {
  tree: Tree;
  label: string;
  /** The node that is shown beside, or was chosen. */
  chosen?: number;
  onChoose: (node: Node) => void;
  /** What cannot be chosen is shown paler. */
  choosable?: (node: Node) => boolean;
  /** A place to go to, as when a link led to it; another object for another time. */
  goTo?: Place;
  /** The workspace that owners are named in; without, none are. */
  owners?: string;
  height: string;
};

/**
 * TreeView draws a tree of which the rows that are seen alone exist (WAI-ARIA tree, with one tab stop: the arrows, Home,
 * End, Page up and down move, the right arrow opens, the left one closes, letters look for names, Enter chooses).
 */
export function TreeView({ tree, label, chosen, onChoose, choosable, goTo, owners, height }: Props) {
  const t = useTranslations("resources");
  const id = useId();
  const frame = useRef<HTMLDivElement>(null);
  const typed = useRef({ text: "", at: 0 });
  const [active, setActive] = useState<Place>({ level: tree.top, index: 0 });
  const rows = useVirtualizer({
    count: tree.size,
    getScrollElement: () => frame.current,
    estimateSize: () => rowHeight,
    overscan: 10,
    initialRect: { width: 400, height: 480 },
  });
  const items = rows.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  const version = tree.version();

  // biome-ignore lint/correctness/useExhaustiveDependencies: what a change of the tree leaves missing is read, too
  useEffect(() => tree.need(first, last), [tree, first, last, version]);

  const flat = Math.max(0, tree.flatOf(active.level, active.index));
  const shown = items.some((item) => item.index === flat);

  function go(to: Place) {
    setActive(to);
    const at = tree.flatOf(to.level, to.index);
    if (at >= 0) {
      rows.scrollToIndex(at, { align: "auto" });
    }
  }

  // biome-ignore lint/correctness/useExhaustiveDependencies: a place is gone to once
  useEffect(() => {
    if (goTo) {
      setActive(goTo);
      rows.scrollToIndex(tree.flatOf(goTo.level, goTo.index), { align: "center" });
    }
  }, [goTo]);

  function choose(place: Place) {
    const node = tree.at(place.level, place.index);
    if (node && (choosable?.(node) ?? true)) {
      onChoose(node);
    }
  }

  function press(event: KeyboardEvent) {
    if (event.altKey || event.ctrlKey || event.metaKey) {
      return;
    }
    if (event.key === "Enter" || (event.key === " " && typed.current.text === "")) {
      event.preventDefault();
      choose(active);
      return;
    }
    const page = Math.max(1, Math.floor((frame.current?.clientHeight ?? 400) / rowHeight) - 1);
    const to = move(tree, active, event.key, page, typed.current, event.timeStamp);
    if (to) {
      event.preventDefault();
      go(to);
    }
  }

  const owned = items.map(({ index }) => {
    const row = tree.row(index);
    return row?.is === "node" ? row.node.owner : undefined;
  });
  const nameOf = usePrincipals(owners ?? "", owners ? owned : nobody);

  const failed = tree.failed;
  return (
    <div className={classes.frame}>
      {failed && (
        <div className={classes.failed}>
          <Failure error={failed.failure} retry={() => tree.retry(failed)} />
        </div>
      )}
      <div
        ref={frame}
        className={classes.scroll}
        style={{ height }}
        role="tree"
        aria-label={label}
        tabIndex={0}
        aria-activedescendant={shown ? `${id}-${flat}` : undefined}
        onKeyDown={press}
      >
        <div role="none" style={{ height: rows.getTotalSize(), position: "relative" }}>
          {items.map((item) => {
            const row = tree.row(item.index);
            return (
              row && (
                <TreeRow
                  key={item.key}
                  id={`${id}-${item.index}`}
                  row={row}
                  top={item.start}
                  height={rowHeight}
                  opened={row.is === "node" && tree.opened(row.level, row.node) !== undefined}
                  active={item.index === flat}
                  chosen={row.is === "node" && row.node.num === chosen}
                  pale={row.is === "node" && !(choosable?.(row.node) ?? true)}
                  owner={owners && row.is === "node" && row.node.owner ? nameOf(row.node.owner).name : undefined}
                  onToggle={() => {
                    setActive({ level: row.level, index: row.index });
                    if (row.is === "node" && tree.opened(row.level, row.node)) {
                      tree.close(row.level, row.index);
                    } else {
                      tree.open(row.level, row.index);
                    }
                  }}
                  onChoose={() => {
                    setActive({ level: row.level, index: row.index });
                    choose({ level: row.level, index: row.index });
                  }}
                  text={{ waiting: t("loading") }}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
}

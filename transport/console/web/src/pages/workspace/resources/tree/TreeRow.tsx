import { Skeleton } from "@mantine/core";
import { IconChevronRight } from "@tabler/icons-react";
import { useClassName } from "~/explain/classes";
import { ClassIcon } from "../ClassIcon";
import type { Row } from "./tree";
import classes from "./tree.module.css";

type Props = {
  id: string;
  row: Row;
  top: number;
  height: number;
  opened: boolean;
  active: boolean;
  chosen: boolean;
  pale: boolean;
  owner?: string;
  text: { waiting: string };
  onToggle: () => void;
  onChoose: () => void;
};

/** TreeRow is one node of the tree, or the room of one that is being read. */
export function TreeRow({
  id,
  row,
  top,
  height,
  opened,
  active,
  chosen,
  pale,
  owner,
  text,
  onToggle,
  onChoose,
}: Props) {
  const className = useClassName();
  const style = { transform: `translateY(${top}px)`, height, paddingInlineStart: `${indent(row.depth)}rem` };
  const place = { "aria-level": row.depth, "aria-posinset": row.index + 1, "aria-setsize": row.level.count };
  if (row.is === "waiting") {
    return (
      // biome-ignore lint/a11y/useFocusableInteractive: the tree has the focus, and says which row is meant
      <div
        id={id}
        role="treeitem"
        aria-selected={false}
        aria-busy
        aria-label={text.waiting}
        className={classes.row}
        data-active={active || undefined}
        style={style}
        {...place}
      >
        <Skeleton height={14} width="60%" ml="1.5rem" />
      </div>
    );
  }
  const { node } = row;
  const openable = node.children && row.depth > 1;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: keys are heard by the tree, which has the focus
    // biome-ignore lint/a11y/useFocusableInteractive: as above
    <div
      id={id}
      role="treeitem"
      aria-selected={chosen}
      aria-expanded={node.children ? opened : undefined}
      className={classes.row}
      data-active={active || undefined}
      data-chosen={chosen || undefined}
      data-pale={pale || undefined}
      style={style}
      onClick={onChoose}
      {...place}
    >
      <span
        aria-hidden
        className={classes.toggle}
        data-opened={opened || undefined}
        onClick={
          openable
            ? (event) => {
                event.stopPropagation();
                onToggle();
              }
            : undefined
        }
      >
        {openable && <IconChevronRight size={16} />}
      </span>
      <ClassIcon of={node.class} />
      <span className={classes.name} title={node.display_name}>
        <bdi>{node.display_name}</bdi>
      </span>
      <span className="visually-hidden">, {className(node.class)} </span>
      {owner && <span className={classes.owner}>{owner}</span>}
    </div>
  );
}

/** How far a row stands in: less and less, so that deep ones have room for their names. */
function indent(depth: number): number {
  return 0.25 + Math.min(depth - 1, 8) + 0.25 * Math.max(0, depth - 9);
}

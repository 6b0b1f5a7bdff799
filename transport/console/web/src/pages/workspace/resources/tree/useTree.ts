import { useEffect, useMemo, useSyncExternalStore } from "react";
import { list } from "~/api/list";
import { pageSize, Tree } from "./tree";

/** What the tree asks of each node: a level may be long. */
const fields = "num,class,display_name,owner,children";

/** useTree returns the tree of a workspace, which is drawn anew whenever something in it changes. */
export function useTree(workspace: { num: number; name: string }): Tree {
  const tree = useMemo(
    () =>
      new Tree(
        { num: workspace.num, class: "workspace", display_name: workspace.name, children: true },
        async (parent, cursor, signal) =>
          list("/resources", {}, { parent: String(parent), sort: "name", limit: pageSize, fields, cursor }, signal),
      ),
    [workspace.num, workspace.name],
  );
  useSyncExternalStore(tree.subscribe, tree.version);
  useEffect(() => () => tree.end(), [tree]);
  return tree;
}

import { Progress, Text } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { Page } from "~/shell/Page";
import { useWorkspace } from "../workspace";
import { NodePanel } from "./NodePanel";
import { ResourceSearch } from "./ResourceSearch";
import classes from "./resources.module.css";
import { TreeView } from "./tree/TreeView";
import { useTree } from "./tree/useTree";
import { useReveal } from "./useReveal";

/** What changes of a node tell the page: what lies in some nodes is another now, and which node to show. */
export type Told = (parents: readonly number[], show?: number) => Promise<void>;

/** Resources is the tree of a workspace, with the chosen node beside it. */
export default function Resources() {
  const t = useTranslations("resources");
  const { workspace } = useWorkspace();
  const search = useSearch({ strict: false }) as { node?: string };
  const navigate = useNavigate();
  const changed = useChanged();
  const tree = useTree(workspace);
  const [turn, setTurn] = useState(0);
  const node = number(search.node) ?? workspace.num;
  const { goTo, seeking, arrived, lost } = useReveal(tree, node, turn);

  const show = (num: number) =>
    void navigate({ to: ".", search: ((was: object) => ({ ...was, node: String(num) })) as never });
  const told: Told = async (parents, next) => {
    tree.refresh(parents);
    await changed(
      "/resources",
      "/resources/{resource}",
      "/resources/{resource}/path",
      "/resources/{resource}/volume",
      "/resources/{resource}/rules",
      "/explain",
    );
    if (next !== undefined) {
      lost();
      setTurn((n) => n + 1);
      show(next);
    }
  };

  return (
    <Page title={t("title")} of={workspace.name} text={t("text")}>
      <div className={classes.beside}>
        <section className={classes.tree} aria-label={t("tree")}>
          <ResourceSearch
            workspace={workspace}
            onFound={(num) => {
              lost();
              setTurn((n) => n + 1);
              show(num);
            }}
          >
            <TreeView
              tree={tree}
              label={t("treeOf", { name: workspace.name })}
              chosen={node}
              owners={workspace.id}
              goTo={goTo}
              height="var(--tree-height)"
              onChoose={({ num }) => {
                arrived(num);
                show(num);
              }}
            />
            {/* It has its room always: nothing moves when a node is looked for. */}
            <div className={classes.seeking}>
              {seeking && seeking.of > 200 && (
                <>
                  <Progress value={(100 * seeking.seen) / seeking.of} size={4} aria-label={t("seeking")} />
                  <Text size="xs" c="dimmed" role="status">
                    {t("seekingAt", seeking)}
                  </Text>
                </>
              )}
            </div>
          </ResourceSearch>
        </section>
        <section className={classes.panel} aria-label={t("chosen")}>
          <NodePanel key={node} num={node} told={told} show={show} />
        </section>
      </div>
    </Page>
  );
}

/** number returns the number that an address has; addresses are written by anybody. */
function number(text: string | undefined): number | undefined {
  return text && /^[1-9]\d{0,15}$/.test(text) ? Number(text) : undefined;
}

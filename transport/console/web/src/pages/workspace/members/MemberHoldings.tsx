import { Anchor, Button } from "@mantine/core";
import { IconArrowRight } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { useClassName } from "~/explain/classes";
import { NodeName } from "~/explain/NodeName";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { useWorkspace } from "../workspace";
import type { Member } from "./Members";

type Holding = Schemas["Holding"];
type Props = { of: Member; manages: boolean; onTransfer: () => void };

/** MemberHoldings is what a member owns, all of which somebody else can be given. */
export function MemberHoldings({ of: member, manages, onTransfer }: Props) {
  const t = useTranslations("members");
  const { workspace } = useWorkspace();
  const className = useClassName();
  const nameOf = useOwnedNames(member);
  const columns = useMemo<Column<Holding>[]>(
    () => [
      {
        id: "name",
        header: t("name"),
        fixed: true,
        cell: (h) => (
          <Anchor
            component={Link}
            to={`/workspaces/${workspace.id}/resources`}
            search={{ node: String(h.node) } as never}
            size="sm"
          >
            {nameOf(h.node) ?? <NodeName num={h.node} />}
          </Anchor>
        ),
        text: (h) => nameOf(h.node) ?? h.node,
      },
      {
        id: "class",
        header: t("class"),
        sort: "class",
        cell: (h) => className(h.class),
        text: (h) => className(h.class),
      },
      { id: "below", header: t("below"), sort: "below", align: "right", cell: (h) => h.below, text: (h) => h.below },
      {
        id: "others",
        header: t("others"),
        align: "right",
        cell: (h) => h.others.length,
        text: (h) => h.others.length,
      },
      {
        id: "node",
        header: t("number"),
        sort: "node",
        align: "right",
        hidden: true,
        cell: (h) => h.node,
        text: (h) => h.node,
      },
    ],
    [t, className, nameOf, workspace.id],
  );
  return (
    <DataTable
      id="member-holdings"
      inside
      label={t("owns")}
      path="/workspaces/{workspace}/members/{principal}/holdings"
      params={{ workspace: workspace.id, principal: member.principal }}
      columns={columns}
      rowId={(h) => String(h.node)}
      rowName={(h) => nameOf(h.node) ?? String(h.node)}
      sort="-below"
      actions={
        manages && (
          <Button variant="default" rightSection={<IconArrowRight size={16} aria-hidden />} onClick={onTransfer}>
            {t("transfer")}
          </Button>
        )
      }
      empty={{ title: t("ownsNothing"), text: t("ownsNothingText") }}
    />
  );
}

/** useOwnedNames reads, in one question, what things are called that are in somebody's name, as far as one may read them. */
function useOwnedNames(member: Member): (node: number) => string | undefined {
  const { workspace } = useWorkspace();
  const { data } = $api.useQuery(
    "get",
    "/resources",
    {
      params: {
        query: { under: workspace.num, owner: String(member.principal), limit: 200, fields: "num,display_name" },
      },
    },
    { retry: false },
  );
  return useMemo(() => {
    const names = new Map(data?.items.map((r) => [r.num, r.display_name]));
    return (node) => names.get(node);
  }, [data]);
}

import { Anchor, Skeleton, Table } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useFormatter, useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Card } from "~/chart/Card";
import { useRoleName } from "~/text/words";
import { roles } from "../members/Members";
import type { Workspace } from "../workspace";

type Row = { label: string; to: string; search?: Record<string, string>; total: number | undefined };

/** People is how many there are in a workspace, by role, each number leading to who they are. */
export function People({ workspace, invites }: { workspace: Workspace; invites: boolean }) {
  const t = useTranslations("overview");
  const roleName = useRoleName();
  const members = `/workspaces/${workspace.id}/members`;
  const invitations = `/workspaces/${workspace.id}/invitations`;
  const all = useMembers(workspace.id, {});
  const [administrators, editors, viewers] = [
    useMembers(workspace.id, { role: roles[0] }),
    useMembers(workspace.id, { role: roles[1] }),
    useMembers(workspace.id, { role: roles[2] }),
  ];
  const suspended = useMembers(workspace.id, { suspended: true });
  const pending = $api.useQuery(
    "get",
    "/workspaces/{workspace}/invitations",
    { params: { path: { workspace: workspace.id }, query: { state: "pending", limit: 1 } } },
    { enabled: invites },
  ).data?.total;
  const rows: Row[] = [
    { label: t("people.all"), to: members, total: all },
    ...roles.map((role, i) => ({
      label: roleName(role),
      to: members,
      search: { role },
      total: [administrators, editors, viewers][i],
    })),
    { label: t("people.suspended"), to: members, search: { suspended: "true" }, total: suspended },
    ...(invites ? [{ label: t("people.pending"), to: invitations, search: { state: "pending" }, total: pending }] : []),
  ];
  return (
    <Card
      title={t("people.title")}
      action={
        invites && (
          <Anchor component={Link} to={invitations} size="sm">
            {t("people.invite")}
          </Anchor>
        )
      }
    >
      <Table verticalSpacing={6} aria-label={t("people.title")}>
        <Table.Tbody>
          {rows.map((row) => (
            <CountRow key={row.label} row={row} />
          ))}
        </Table.Tbody>
      </Table>
    </Card>
  );
}

function CountRow({ row }: { row: Row }) {
  const format = useFormatter();
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400}>
        <Anchor component={Link} to={row.to} search={row.search as never} size="sm">
          {row.label}
        </Anchor>
      </Table.Th>
      <Table.Td ta="right" w="5rem" style={{ fontVariantNumeric: "tabular-nums" }}>
        {row.total === undefined ? <Skeleton height={18} width={32} ml="auto" /> : format.number(row.total)}
      </Table.Td>
    </Table.Tr>
  );
}

function useMembers(workspace: string, query: { role?: string; suspended?: boolean }): number | undefined {
  return $api.useQuery("get", "/workspaces/{workspace}/members", {
    params: { path: { workspace }, query: { ...query, limit: 1 } },
  }).data?.total;
}

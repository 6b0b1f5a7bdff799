import { useMemo } from "react";
import { useFormatter, useTranslations } from "use-intl";
import type { Query } from "~/api/list";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import type { Counted } from "./logins";
import { useWorkspaceColumn } from "./useWorkspaceColumn";
import { useClientName } from "./words";

/** LoginTable is how many logins there were, by workspace and type of client. */
export function LoginTable({ query }: { query: Query }) {
  const t = useTranslations("users");
  const format = useFormatter();
  const clientName = useClientName();
  const workspace = useWorkspaceColumn();
  const columns = useMemo<Column<Counted>[]>(
    () => [
      workspace,
      {
        id: "client",
        header: t("client"),
        sort: "client",
        cell: (r) => clientName(r.client),
        text: (r) => r.client,
      },
      {
        id: "count",
        header: t("count"),
        sort: "count",
        align: "right",
        cell: (r) => format.number(r.count),
        text: (r) => r.count,
      },
    ],
    [t, format, clientName, workspace],
  );
  return (
    <DataTable
      id="logins"
      label={`${t("logins")}: ${t("byWorkspace")}`}
      path="/login-statistics"
      query={query}
      columns={columns}
      rowId={(r) => `${r.workspace.id} ${r.client}`}
      rowName={(r) => r.workspace.name}
      sort="-count"
      inside
      empty={{ title: t("noLogins"), text: t("noLoginsText") }}
    />
  );
}

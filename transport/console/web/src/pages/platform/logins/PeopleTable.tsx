import { useMemo } from "react";
import { useFormatter, useTranslations } from "use-intl";
import type { Query, Schemas } from "~/api/list";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { useWorkspaceColumn } from "./useWorkspaceColumn";

type Came = Schemas["LoginUsers"];

/** PeopleTable is how many people came into each workspace, everybody counted once. */
export function PeopleTable({ query }: { query: Query }) {
  const t = useTranslations("users");
  const format = useFormatter();
  const workspace = useWorkspaceColumn();
  const columns = useMemo<Column<Came>[]>(
    () => [
      workspace,
      {
        id: "users",
        header: t("peopleCount"),
        sort: "users",
        align: "right",
        cell: (r) => format.number(r.users),
        text: (r) => r.users,
      },
    ],
    [t, format, workspace],
  );
  return (
    <DataTable
      id="login-users"
      label={`${t("logins")}: ${t("people")}`}
      path="/login-statistics/users"
      query={query}
      columns={columns}
      rowId={(r) => r.workspace.id}
      rowName={(r) => r.workspace.name}
      sort="-users"
      inside
      empty={{ title: t("noLogins"), text: t("noLoginsText") }}
    />
  );
}

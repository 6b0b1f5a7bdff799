import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { fullName } from "~/text/person";
import { useRoleNames } from "~/text/words";
import type { User } from "./user";

type Membership = Schemas["Membership"];

/** UserWorkspaces are the workspaces that a user belongs to, and what he is in each. */
export function UserWorkspaces({ user }: { user: User }) {
  const t = useTranslations("users");
  const roleNames = useRoleNames();
  const columns = useMemo<Column<Membership>[]>(
    () => [
      {
        id: "name",
        header: t("workspace"),
        sort: "name",
        fixed: true,
        cell: (m) => (
          <Anchor component={Link} to={`/workspaces/${m.workspace.id}`} size="sm">
            {m.workspace.name}
          </Anchor>
        ),
        text: (m) => m.workspace.name,
      },
      {
        id: "technical",
        header: t("technicalName"),
        sort: "technical_name",
        cell: (m) => m.workspace.technical_name,
        text: (m) => m.workspace.technical_name,
      },
      {
        id: "roles",
        header: t("role"),
        cell: (m) => roleNames(m.roles, m.supervisor),
        text: (m) => roleNames(m.roles, m.supervisor),
      },
      {
        id: "active",
        header: t("state"),
        cell: (m) => t(m.workspace.active ? "opened" : "closed"),
        text: (m) => t(m.workspace.active ? "opened" : "closed"),
      },
    ],
    [t, roleNames],
  );
  return (
    <DataTable
      id="user-workspaces"
      label={`${t("workspaces")}: ${fullName(user)}`}
      path="/users/{user}/workspaces"
      params={{ user: user.id }}
      columns={columns}
      rowId={(m) => m.workspace.id}
      rowName={(m) => m.workspace.name}
      sort="name"
      inside
      empty={{ title: t("noWorkspaces") }}
    />
  );
}

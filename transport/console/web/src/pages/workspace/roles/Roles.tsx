import { Anchor } from "@mantine/core";
import { IconInfoCircle } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { type Role, useRoleColumns } from "~/explain/useRoleColumns";
import { Page } from "~/shell/Page";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { useRoleName } from "~/text/words";
import { useWorkspace } from "../workspace";
import { RoleInfo } from "./RoleInfo";

/** Roles is what members of a workspace can be, what that gives, and how many are. */
export default function Roles() {
  const t = useTranslations("roles");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const [opened, setOpened] = useState<Role>();
  const columns = useColumns(setOpened);
  const roleName = useRoleName();
  return (
    <Page title={t("title")} of={workspace.name} text={t("text")}>
      <DataTable
        id="roles"
        label={t("title")}
        path="/roles"
        columns={columns}
        rowId={(r) => r.name}
        rowName={(r) => roleName(r.name)}
        sort="name"
        empty={{ title: t("empty") }}
        rowActions={[{ label: c("info"), icon: <IconInfoCircle size={16} />, run: setOpened }]}
      />
      {opened && <RoleInfo role={opened} onClose={() => setOpened(undefined)} />}
    </Page>
  );
}

function useColumns(open: (role: Role) => void): Column<Role>[] {
  const t = useTranslations("roles");
  const { name, title, gives, builtin } = useRoleColumns(open);
  return useMemo(
    () => [
      name,
      { ...title, hidden: true },
      gives,
      {
        id: "members",
        header: t("members"),
        align: "right",
        cell: (r) => <MembersOf role={r.name} />,
        text: () => undefined,
      },
      builtin,
    ],
    [t, name, title, gives, builtin],
  );
}

/** MembersOf is how many members have a role, and leads to them. */
function MembersOf({ role }: { role: string }) {
  const { workspace } = useWorkspace();
  const t = useTranslations("roles");
  const format = useFormatter();
  const roleName = useRoleName();
  const { data } = $api.useQuery(
    "get",
    "/workspaces/{workspace}/members",
    { params: { path: { workspace: workspace.id }, query: { role, limit: 1, fields: "principal" } } },
    { staleTime: 30_000 },
  );
  const count = data?.total ?? data?.items.length;
  if (!count) {
    return count === undefined ? "…" : format.number(0);
  }
  return (
    <Anchor
      component={Link}
      to={`/workspaces/${workspace.id}/members`}
      search={{ role } as never}
      aria-label={t("membersOf", { role: roleName(role), count })}
    >
      {format.number(count)}
    </Anchor>
  );
}

import { Anchor, Badge, Group } from "@mantine/core";
import { IconUsersGroup } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { Column } from "~/table/column";
import { Time } from "~/text/Time";
import { useRoleName, useRoleNames } from "~/text/words";
import { type Member, roles } from "./Members";

/** useMemberColumns are the columns of tables of members (J-11). */
export function useMemberColumns(workspace: string): Column<Member>[] {
  const t = useTranslations("members");
  const roleName = useRoleName();
  const roleNames = useRoleNames();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("name"),
        sort: "name",
        filter: { kind: "text", param: "name" },
        fixed: true,
        cell: (m) => <Name of={m} workspace={workspace} />,
        text: (m) => m.name,
      },
      {
        id: "identifier",
        header: t("identifier"),
        sort: "username",
        filter: { kind: "text", param: "username" },
        cell: (m) => m.username ?? m.principal,
        text: (m) => m.username ?? m.principal,
      },
      {
        id: "email",
        header: t("email"),
        sort: "email",
        filter: { kind: "text", param: "email" },
        cell: (m) => m.email ?? "–",
        text: (m) => m.email,
      },
      {
        id: "role",
        header: t("role"),
        sort: "role",
        filter: { kind: "choice", param: "role", options: roles.map((value) => ({ value, label: roleName(value) })) },
        cell: (m) => roleNames(m.roles, m.supervisor),
        text: (m) => roleNames(m.roles, m.supervisor),
      },
      {
        id: "state",
        header: t("state"),
        filter: { kind: "flag", param: "suspended", yes: t("suspended"), no: t("active") },
        cell: (m) =>
          m.suspended ? (
            <Badge variant="light" color="orange" autoContrast tt="none">
              {t("suspended")}
            </Badge>
          ) : (
            t("active")
          ),
        text: (m) => (m.suspended ? t("suspended") : t("active")),
      },
      {
        id: "kind",
        header: t("kind"),
        sort: "kind",
        filter: {
          kind: "choice",
          param: "kind",
          options: [
            { value: "user", label: t("user") },
            { value: "group", label: t("group") },
          ],
        },
        hidden: true,
        cell: (m) => t(m.kind),
        text: (m) => t(m.kind),
      },
      {
        id: "created",
        header: t("since"),
        sort: "created",
        filter: { kind: "days", from: "created_from", before: "created_before" },
        hidden: true,
        cell: (m) => <Time at={m.created} />,
        text: (m) => m.created,
      },
    ],
    [t, roleName, roleNames, workspace],
  );
}

/** Name is what a member is called; of a group one sees that it is one. */
function Name({ of: m, workspace }: { of: Member; workspace: string }) {
  const t = useTranslations("members");
  if (!m.group) {
    return m.name;
  }
  return (
    <Group gap={6} wrap="nowrap">
      <IconUsersGroup size={16} role="img" aria-label={t("group")} style={{ flexShrink: 0 }} />
      <Anchor component={Link} to={`/workspaces/${workspace}/groups/${m.group.id}`} size="sm">
        {m.name}
      </Anchor>
    </Group>
  );
}

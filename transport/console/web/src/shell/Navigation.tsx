import { NavLink, ScrollArea } from "@mantine/core";
import {
  IconActivity,
  IconAddressBook,
  IconBuilding,
  IconChartBar,
  IconDatabase,
  IconFolders,
  IconGauge,
  IconHome,
  IconKey,
  IconLayoutDashboard,
  IconLock,
  IconMailForward,
  IconSettings,
  IconTree,
  IconUsers,
  IconUsersGroup,
} from "@tabler/icons-react";
import { Link, useLocation, useParams } from "@tanstack/react-router";
import type { ComponentType } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { useWorkspaceMay } from "~/pages/workspace/workspace";
import { useMay } from "~/session/may";
import classes from "./shell.module.css";

type Icon = ComponentType<{ size?: number; "aria-hidden"?: boolean }>;
type Entry = { to: string; label: string; icon: Icon; exact?: boolean; shown?: boolean };

/** Navigation leads to everything that the reader may see, of the workspace that he is in and of the platform. */
export function Navigation() {
  const t = useTranslations("shell");
  const { workspace } = useParams({ strict: false }) as { workspace?: string };
  return (
    <ScrollArea type="auto">
      <Entries entries={[{ to: "/", label: t("home"), icon: IconHome, exact: true }]} />
      {workspace && <WorkspaceEntries id={workspace} />}
      <PlatformEntries />
    </ScrollArea>
  );
}

function Entries({ entries, title }: { entries: readonly Entry[]; title?: string }) {
  const { pathname } = useLocation();
  const shown = entries.filter((e) => e.shown !== false);
  if (shown.length === 0) {
    return null;
  }
  return (
    <>
      {title && <h2 className={classes.section}>{title}</h2>}
      <ul className={classes.list}>
        {shown.map((e) => {
          const active = e.exact ? pathname.replace(/\/$/, "") === e.to.replace(/\/$/, "") : pathname.startsWith(e.to);
          return (
            <li key={e.to}>
              <NavLink
                component={Link}
                to={e.to}
                activeOptions={{ exact: e.exact }}
                label={e.label}
                leftSection={<e.icon size={18} aria-hidden />}
                active={active}
                aria-current={active ? "page" : undefined}
              />
            </li>
          );
        })}
      </ul>
    </>
  );
}

function WorkspaceEntries({ id }: { id: string }) {
  const t = useTranslations("shell");
  const { workspace, may } = useWorkspaceMay(id);
  if (!workspace) {
    return null;
  }
  const at = `/workspaces/${id}`;
  return (
    <Entries
      title={workspace.name}
      entries={[
        { to: at, label: t("overview"), icon: IconLayoutDashboard, exact: true },
        { to: `${at}/content`, label: t("content"), icon: IconFolders },
        { to: `${at}/resources`, label: t("resources"), icon: IconTree, shown: may("workspace.read_members") },
        { to: `${at}/members`, label: t("members"), icon: IconUsers, shown: may("workspace.read_members") },
        {
          to: `${at}/invitations`,
          label: t("invitations"),
          icon: IconMailForward,
          shown: may("workspace.manage_members"),
        },
        { to: `${at}/keys`, label: t("keys"), icon: IconKey, shown: may("workspace.manage_keys") },
        { to: `${at}/groups`, label: t("groups"), icon: IconUsersGroup, shown: may("workspace.read_members") },
        { to: `${at}/roles`, label: t("roles"), icon: IconLock, shown: may("workspace.read_members") },
        { to: `${at}/databases`, label: t("databases"), icon: IconDatabase, shown: may("database.read") },
        { to: `${at}/audit`, label: t("audit"), icon: IconActivity, shown: may("workspace.read_audit") },
        {
          to: `${at}/settings`,
          label: t("settings"),
          icon: IconSettings,
          shown: may("workspace.update") || may("tenancy.manage_workspaces"),
        },
      ]}
    />
  );
}

function PlatformEntries() {
  const t = useTranslations("shell");
  const may = useMay(0, [
    "platform.administer",
    "platform.manage_organizations",
    "platform.manage_users",
    "platform.manage_pools",
    "platform.manage_roles",
    "tenancy.manage_workspaces",
  ]);
  // Who administers an organization sees it, and what is in it.
  const organizations = $api.useQuery("get", "/organizations", { params: { query: { limit: 1 } } });
  const some =
    may("platform.manage_organizations") || (organizations.data?.total ?? organizations.data?.items.length ?? 0) > 0;
  return (
    <Entries
      title={t("platform")}
      entries={[
        { to: "/platform/organizations", label: t("organizations"), icon: IconBuilding, shown: some },
        {
          to: "/platform/workspaces",
          label: t("workspaces"),
          icon: IconFolders,
          shown: some || may("tenancy.manage_workspaces"),
        },
        {
          to: "/platform/databases",
          label: t("databases"),
          icon: IconDatabase,
          shown: some || may("tenancy.manage_workspaces"),
        },
        { to: "/platform/users", label: t("users"), icon: IconAddressBook, shown: may("platform.manage_users") },
        { to: "/platform/logins", label: t("logins"), icon: IconChartBar, shown: some || may("platform.manage_users") },
        { to: "/platform/pools", label: t("pools"), icon: IconGauge, shown: may("platform.manage_pools") },
        { to: "/platform/roles", label: t("roles"), icon: IconLock, shown: may("platform.manage_roles") },
        { to: "/platform/audit", label: t("audit"), icon: IconActivity, shown: may("platform.administer") },
      ]}
    />
  );
}

import { Anchor, Code, Stack } from "@mantine/core";
import { IconArrowRight, IconDoorExit } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { lazy, Suspense, useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { StateBadge } from "~/chart/StateBadge";
import { useMay } from "~/session/may";
import { useUser } from "~/session/SessionProvider";
import { Page } from "~/shell/Page";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { useRoleNames } from "~/text/words";
import { Attention } from "./Attention";
import { PlatformCounts } from "./PlatformCounts";

export type Membership = Schemas["Membership"];

const LeaveDialog = lazy(() => import("./LeaveDialog"));

/** Home is where somebody belongs, and for who administers the platform how that stands. */
export default function Home() {
  const t = useTranslations("home");
  const user = useUser();
  const navigate = useNavigate();
  const administers = useMay(0, ["platform.administer"])("platform.administer");
  // Who administers an organization belongs to none of its workspaces by that.
  const organizations = $api.useQuery("get", "/organizations", { params: { query: { limit: 1 } } }).data?.total ?? 0;
  const [leaving, setLeaving] = useState<Membership>();
  const columns = useColumns();
  return (
    <Page title={t("title")} text={t("text", { name: user.first_name || user.username })}>
      <Stack gap="md">
        {administers && <PlatformCounts />}
        <Attention administers={administers} />
        <DataTable
          id="home"
          label={t("title")}
          path="/me/workspaces"
          columns={columns}
          rowId={(m) => m.workspace.id}
          rowName={(m) => m.workspace.name}
          sort="name"
          empty={{
            title: t("empty"),
            text: organizations > 0 ? t("emptyAdministrator") : t("emptyText", { email: user.email }),
          }}
          rowActions={[
            {
              label: t("open"),
              icon: <IconArrowRight size={16} aria-hidden />,
              run: (m) => void navigate({ to: `/workspaces/${m.workspace.id}` }),
            },
            {
              label: t("leave"),
              icon: <IconDoorExit size={16} aria-hidden />,
              danger: true,
              // While it is closed nobody leaves, and who supervises has to be replaced.
              hidden: (m) => m.supervisor || !m.workspace.active,
              run: setLeaving,
            },
          ]}
        />
      </Stack>
      <Suspense>{leaving && <LeaveDialog membership={leaving} onClose={() => setLeaving(undefined)} />}</Suspense>
    </Page>
  );
}

function useColumns(): Column<Membership>[] {
  const t = useTranslations("home");
  const roleNames = useRoleNames();
  return useMemo(
    (): Column<Membership>[] => [
      {
        id: "name",
        header: t("name"),
        sort: "name",
        fixed: true,
        cell: (m) => (
          <Anchor component={Link} to={`/workspaces/${m.workspace.id}`} size="sm" fw={600}>
            {m.workspace.name}
          </Anchor>
        ),
        text: (m) => m.workspace.name,
      },
      {
        id: "role",
        header: t("role"),
        cell: (m) => roleNames(m.roles, m.supervisor),
        text: (m) => roleNames(m.roles, m.supervisor),
      },
      {
        id: "state",
        header: t("state"),
        cell: (m) => (
          <StateBadge active={m.workspace.active}>{m.workspace.active ? t("active") : t("inactive")}</StateBadge>
        ),
        text: (m) => (m.workspace.active ? t("active") : t("inactive")),
      },
      {
        id: "technical_name",
        header: t("technicalName"),
        sort: "technical_name",
        cell: (m) => <Code>{m.workspace.technical_name}</Code>,
        text: (m) => m.workspace.technical_name,
      },
      {
        id: "id",
        header: t("identifier"),
        hidden: true,
        cell: (m) => <Code>{m.workspace.id}</Code>,
        text: (m) => m.workspace.id,
      },
    ],
    [t, roleNames],
  );
}

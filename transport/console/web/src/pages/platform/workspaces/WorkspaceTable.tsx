import { Anchor, Badge, Button, Text } from "@mantine/core";
import { IconExternalLink, IconLock, IconLockOpen, IconPlus, IconSettings } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Several } from "~/dialog/Several";
import { useMay } from "~/session/may";
import { useTell } from "~/shell/notices";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { fullName } from "~/text/person";
import { Time } from "~/text/Time";
import type { Organization } from "../organizations/organization";
import { useChoices } from "../organizations/useChoices";
import { WorkspaceForm } from "./WorkspaceForm";

type Workspace = Schemas["Workspace"];
type Choice = { value: string; label: string };
type Switched = { on: boolean; rows: Workspace[]; clear?: () => void };

type Props = {
  /** Those that it pays for alone. */
  organization?: Organization;
  /** The reader makes workspaces here, and opens and closes them. */
  manages: boolean;
};

/** WorkspaceTable lists workspaces, those of one organization or all that the reader sees. */
export function WorkspaceTable({ organization, manages: here }: Props) {
  const t = useTranslations("workspaces");
  const navigate = useNavigate();
  const changed = useChanged();
  const tell = useTell();
  const [creating, setCreating] = useState(false);
  const [switched, setSwitched] = useState<Switched>();
  const { choices, node } = useChoices(!organization);
  // Who administers organizations, and not the platform, makes workspaces in them.
  const first = useMay(here ? undefined : node, ["tenancy.manage_workspaces"]);
  const manages = here || first("tenancy.manage_workspaces");
  const columns = useColumns(!organization, choices);
  const create = manages && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t("create")}
    </Button>
  );
  const go = (to: string) => void navigate({ to });
  const path = organization ? "/organizations/{organization}/workspaces" : "/workspaces";
  return (
    <>
      <DataTable<"/workspaces" | "/organizations/{organization}/workspaces">
        id={organization ? "organization-workspaces" : "workspaces"}
        label={t("title")}
        path={path}
        params={organization && { organization: organization.id }}
        columns={columns}
        rowId={(w) => w.id}
        rowName={(w) => w.name}
        searchIn={t("search")}
        sort="name"
        inside={organization !== undefined}
        actions={create}
        empty={{ title: t("none"), text: t("noneText"), action: create }}
        rowActions={[
          {
            label: t("open"),
            icon: <IconExternalLink size={16} aria-hidden />,
            run: (w) => go(`/workspaces/${w.id}`),
          },
          {
            label: t("settings"),
            icon: <IconSettings size={16} aria-hidden />,
            hidden: () => !manages,
            run: (w) => go(`/workspaces/${w.id}/settings`),
          },
          {
            label: t("activate"),
            icon: <IconLockOpen size={16} aria-hidden />,
            hidden: (w) => !manages || w.active,
            run: (w) => setSwitched({ on: true, rows: [w] }),
          },
          {
            label: t("deactivate"),
            icon: <IconLock size={16} aria-hidden />,
            danger: true,
            hidden: (w) => !manages || !w.active,
            run: (w) => setSwitched({ on: false, rows: [w] }),
          },
        ]}
        bulkActions={
          manages
            ? [
                {
                  label: t("activate"),
                  icon: <IconLockOpen size={16} aria-hidden />,
                  run: (rows, clear) => setSwitched({ on: true, rows, clear }),
                },
                {
                  label: t("deactivate"),
                  icon: <IconLock size={16} aria-hidden />,
                  danger: true,
                  run: (rows, clear) => setSwitched({ on: false, rows, clear }),
                },
              ]
            : undefined
        }
      />
      {creating && <WorkspaceForm organization={organization} onClose={() => setCreating(false)} />}
      {switched && (
        <Several
          title={t(switched.on ? "activateTitle" : "deactivateTitle", { count: switched.rows.length })}
          items={switched.rows}
          id={(w) => w.id}
          name={(w) => w.name}
          act={t(switched.on ? "activate" : "deactivate")}
          danger={!switched.on}
          run={async (w) => {
            const at = { params: { path: { workspace: w.id } } };
            await (switched.on
              ? api.POST("/workspaces/{workspace}/activate", at)
              : api.POST("/workspaces/{workspace}/deactivate", at));
          }}
          onDone={async (done) => {
            await changed("/workspaces", "/organizations/{organization}/workspaces", "/workspaces/{workspace}");
            tell.done(t(switched.on ? "activated" : "deactivated", { count: done.length }));
            switched.clear?.();
          }}
          onClose={() => setSwitched(undefined)}
        >
          <Text size="sm">{t(switched.on ? "activateText" : "deactivateText")}</Text>
        </Several>
      )}
    </>
  );
}

function useColumns(organized: boolean, choices: readonly Choice[]): Column<Workspace>[] {
  const t = useTranslations("workspaces");
  return useMemo(
    () => [
      {
        id: "name",
        header: t("name"),
        sort: "name",
        fixed: true,
        cell: (w) => (
          <Anchor component={Link} to={`/workspaces/${w.id}`} size="sm">
            {w.name}
          </Anchor>
        ),
        text: (w) => w.name,
      },
      {
        id: "technical",
        header: t("technicalName"),
        sort: "technical_name",
        cell: (w) => w.technical_name,
        text: (w) => w.technical_name,
      },
      ...(organized ? [organizationColumn(t("organization"), choices)] : []),
      {
        id: "supervisor",
        header: t("supervisor"),
        cell: (w) => fullName(w.supervisor),
        text: (w) => fullName(w.supervisor),
      },
      {
        id: "active",
        header: t("state"),
        sort: "active",
        filter: { kind: "flag", param: "active", yes: t("active"), no: t("inactive") },
        cell: (w) => (
          <Badge variant="default" tt="none" leftSection={w.active ? undefined : <IconLock size={12} aria-hidden />}>
            {t(w.active ? "active" : "inactive")}
          </Badge>
        ),
        text: (w) => t(w.active ? "active" : "inactive"),
      },
      {
        id: "public",
        header: t("catalogue"),
        hidden: true,
        filter: { kind: "flag", param: "public", yes: t("public"), no: t("private") },
        cell: (w) => t(w.public ? "public" : "private"),
        text: (w) => t(w.public ? "public" : "private"),
      },
      {
        id: "database",
        header: t("database"),
        hidden: true,
        cell: (w) => w.project.database ?? "–",
        text: (w) => w.project.database,
      },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        filter: { kind: "days", from: "created_from", before: "created_before" },
        cell: (w) => <Time at={w.created} day />,
        text: (w) => w.created,
      },
    ],
    [t, organized, choices],
  );
}

function organizationColumn(header: string, choices: readonly Choice[]): Column<Workspace> {
  return {
    id: "organization",
    header,
    sort: "organization",
    filter: {
      kind: "choice",
      param: "organization",
      options: choices,
    },
    cell: (w) =>
      w.organization ? (
        <Anchor component={Link} to={`/platform/organizations/${w.organization.id}`} size="sm">
          {w.organization.name}
        </Anchor>
      ) : (
        "–"
      ),
    text: (w) => w.organization?.name,
  };
}

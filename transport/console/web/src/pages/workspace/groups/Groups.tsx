import { Anchor, Button } from "@mantine/core";
import { IconEdit, IconTrash, IconUsersGroup } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { Page } from "~/shell/Page";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { Time } from "~/text/Time";
import { useWorkspace } from "../workspace";
import { DeleteGroup, DeleteSeveral } from "./DeleteGroup";
import { GroupForm } from "./GroupForm";
import type { Group } from "./group";

type Opened =
  | { dialog: "new" }
  | { dialog: "modify" | "delete"; group: Group }
  | { dialog: "deleteAll"; groups: Group[]; clear: () => void };

/** Groups are sets of members that roles and permissions can be given to as one. */
export default function Groups() {
  const t = useTranslations("groups");
  const c = useTranslations("common");
  const { workspace, may } = useWorkspace();
  const navigate = useNavigate();
  const [opened, setOpened] = useState<Opened>();
  const columns = useColumns(workspace.id);
  const close = () => setOpened(undefined);
  const manages = may("workspace.manage_members");
  const at = (group: Group) => `/workspaces/${workspace.id}/groups/${group.id}`;
  const create = manages && (
    <Button leftSection={<IconUsersGroup size={16} aria-hidden />} onClick={() => setOpened({ dialog: "new" })}>
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} of={workspace.name} text={t("text")}>
      <DataTable
        id="groups"
        label={t("title")}
        path="/workspaces/{workspace}/groups"
        params={{ workspace: workspace.id }}
        columns={columns}
        rowId={(g) => g.id}
        rowName={(g) => g.name}
        searchIn={t("search")}
        sort="name"
        actions={create}
        empty={{ title: t("empty"), text: t("emptyText"), action: create }}
        rowActions={[
          {
            label: t("open"),
            icon: <IconUsersGroup size={16} aria-hidden />,
            run: (group) => void navigate({ to: at(group) }),
          },
          {
            label: c("modify"),
            icon: <IconEdit size={16} aria-hidden />,
            hidden: () => !manages,
            run: (group) => setOpened({ dialog: "modify", group }),
          },
          {
            label: c("delete"),
            icon: <IconTrash size={16} aria-hidden />,
            danger: true,
            hidden: () => !manages,
            run: (group) => setOpened({ dialog: "delete", group }),
          },
        ]}
        bulkActions={
          manages
            ? [
                {
                  label: c("delete"),
                  icon: <IconTrash size={16} aria-hidden />,
                  danger: true,
                  run: (groups, clear) => setOpened({ dialog: "deleteAll", groups, clear }),
                },
              ]
            : []
        }
      />
      {opened?.dialog === "new" && (
        <GroupForm workspace={workspace.id} onClose={close} onMade={(group) => void navigate({ to: at(group) })} />
      )}
      {opened?.dialog === "modify" && <GroupForm workspace={workspace.id} group={opened.group} onClose={close} />}
      {opened?.dialog === "delete" && <DeleteGroup of={opened.group} onClose={close} />}
      {opened?.dialog === "deleteAll" && <DeleteSeveral groups={opened.groups} onClose={close} onDone={opened.clear} />}
    </Page>
  );
}

function useColumns(workspace: string): Column<Group>[] {
  const t = useTranslations("groups");
  return useMemo(
    () => [
      {
        id: "name",
        header: t("name"),
        sort: "name",
        fixed: true,
        cell: (g) => (
          <Anchor component={Link} to={`/workspaces/${workspace}/groups/${g.id}`} size="sm">
            {g.name}
          </Anchor>
        ),
        text: (g) => g.name,
      },
      {
        id: "members",
        header: t("members"),
        sort: "members",
        align: "right",
        cell: (g) => g.members,
        text: (g) => g.members,
      },
      { id: "description", header: t("description"), cell: (g) => g.description || "–", text: (g) => g.description },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        cell: (g) => <Whole at={g.created} />,
        text: (g) => g.created,
      },
      {
        id: "updated",
        header: t("updated"),
        hidden: true,
        cell: (g) => <Whole at={g.updated} />,
        text: (g) => g.updated,
      },
    ],
    [t, workspace],
  );
}

/** Whole is a time that takes two lines at most, whatever else is in the table. */
function Whole({ at }: { at: string }) {
  return (
    <div style={{ minWidth: "6.5rem" }}>
      <Time at={at} />
    </div>
  );
}

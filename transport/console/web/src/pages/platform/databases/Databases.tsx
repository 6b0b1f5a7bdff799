import { Anchor, Button, Text } from "@mantine/core";
import { IconDatabaseExport, IconEdit, IconLock, IconLockOpen, IconPlus, IconTrash } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Several } from "~/dialog/Several";
import { useMay } from "~/session/may";
import { Page } from "~/shell/Page";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { useAmount } from "~/text/amount";
import { Time } from "~/text/Time";
import { useChoices } from "../organizations/useChoices";
import type { DatabaseDialog } from "./DatabaseActions";
import { DatabaseDialogs } from "./DatabaseDialogs";
import { DatabaseForm } from "./DatabaseForm";
import { DatabaseState, useStateName } from "./DatabaseState";
import { type Database, ofDatabases } from "./database";

type Bulked = { act: "lock" | "unlock" | "backUp"; rows: Database[]; clear: () => void };

/** Databases are the real databases of all organizations that the reader manages. */
export default function Databases() {
  const t = useTranslations("databases");
  return (
    <Page title={t("title")} text={t("text")}>
      <DatabaseTable />
    </Page>
  );
}

/** DatabaseTable lists databases, of one organization where it is said. */
export function DatabaseTable({ organization }: { organization?: { id: string; num?: number } }) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const changed = useChanged();
  const { choices, node: first } = useChoices(organization === undefined);
  // Who manages one organization's workspaces is asked for by its node; of several, by the first.
  const node = organization?.num ?? first;
  const manage = useMay(node, ["tenancy.manage_workspaces"])("tenancy.manage_workspaces");
  const [creating, setCreating] = useState(false);
  const [opened, setOpened] = useState<{ dialog: DatabaseDialog; database: Database }>();
  const [bulk, setBulk] = useState<Bulked>();
  const columns = useColumns(organization === undefined, choices);
  const create = manage && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t("create")}
    </Button>
  );
  const open = (dialog: DatabaseDialog) => (database: Database) => setOpened({ dialog, database });
  return (
    <>
      <DataTable
        id={organization ? "organization-databases" : "databases"}
        label={t("title")}
        path="/databases"
        query={organization && { organization: organization.id }}
        columns={columns}
        rowId={(d) => d.id}
        rowName={(d) => d.name}
        searchIn={t("search")}
        sort="name"
        inside={organization !== undefined}
        actions={create}
        empty={{ title: t("none"), text: t("noneText"), action: create }}
        rowActions={
          manage
            ? [
                { label: t("backUp"), icon: <IconDatabaseExport size={16} aria-hidden />, run: open("backup") },
                {
                  label: t("lock"),
                  icon: <IconLock size={16} aria-hidden />,
                  hidden: (d) => d.locked,
                  run: open("lock"),
                },
                {
                  label: t("unlock"),
                  icon: <IconLockOpen size={16} aria-hidden />,
                  hidden: (d) => !d.locked,
                  run: open("lock"),
                },
                { label: t("rename"), icon: <IconEdit size={16} aria-hidden />, run: open("rename") },
                { label: c("delete"), icon: <IconTrash size={16} aria-hidden />, danger: true, run: open("delete") },
              ]
            : undefined
        }
        bulkActions={
          manage
            ? [
                {
                  label: t("backUp"),
                  icon: <IconDatabaseExport size={16} aria-hidden />,
                  run: (rows, clear) => setBulk({ act: "backUp", rows, clear }),
                },
                {
                  label: t("lock"),
                  icon: <IconLock size={16} aria-hidden />,
                  danger: true,
                  run: (rows, clear) => setBulk({ act: "lock", rows, clear }),
                },
                {
                  label: t("unlock"),
                  icon: <IconLockOpen size={16} aria-hidden />,
                  run: (rows, clear) => setBulk({ act: "unlock", rows, clear }),
                },
              ]
            : undefined
        }
      />
      {creating && <DatabaseForm organization={organization?.id} onClose={() => setCreating(false)} />}
      {opened && (
        <DatabaseDialogs opened={opened.dialog} database={opened.database} onClose={() => setOpened(undefined)} />
      )}
      {bulk && (
        <Several
          title={t(`bulk.${bulk.act}`, { count: bulk.rows.length })}
          items={bulk.rows}
          id={(d) => d.id}
          name={(d) => d.name}
          act={t(bulk.act)}
          danger={bulk.act === "lock"}
          run={async ({ name }) => {
            const at = { params: { path: { database: name } } };
            switch (bulk.act) {
              case "lock":
                await api.POST("/databases/{database}/lock", at);
                break;
              case "unlock":
                await api.POST("/databases/{database}/unlock", at);
                break;
              case "backUp":
                await api.POST("/databases/{database}/backups", at);
            }
          }}
          onDone={async () => {
            await changed(...ofDatabases);
            bulk.clear();
          }}
          onClose={() => setBulk(undefined)}
        >
          <Text size="sm">{t(`bulkText.${bulk.act}`)}</Text>
        </Several>
      )}
    </>
  );
}

function useColumns(organized: boolean, choices: readonly { value: string; label: string }[]): Column<Database>[] {
  const t = useTranslations("databases");
  const amount = useAmount();
  const stateName = useStateName();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("name"),
        sort: "name",
        fixed: true,
        cell: (d) => (
          <Anchor component={Link} to={`/platform/databases/${d.name}`} size="sm">
            {d.name}
          </Anchor>
        ),
        text: (d) => d.name,
      },
      ...(organized
        ? ([
            {
              id: "organization",
              header: t("organization"),
              filter: {
                kind: "choice",
                param: "organization",
                options: choices,
              },
              cell: (d) => d.organization.name,
              text: (d) => d.organization.name,
            },
          ] satisfies Column<Database>[])
        : []),
      {
        id: "state",
        header: t("state"),
        filter: { kind: "flag", param: "locked", yes: t("locked"), no: t("unlocked") },
        cell: (d) => <DatabaseState database={d} />,
        text: (d) => (d.locked ? `${stateName(d.state)}, ${t("locked")}` : stateName(d.state)),
      },
      {
        id: "size",
        header: t("size"),
        sort: "size",
        align: "right",
        cell: (d) => amount(d.size, "bytes"),
        text: (d) => d.size,
      },
      { id: "template", header: t("template"), hidden: true, cell: (d) => d.template ?? "–", text: (d) => d.template },
      { id: "by", header: t("by"), hidden: true, cell: (d) => d.created_by, text: (d) => d.created_by },
      {
        id: "created",
        header: t("made"),
        sort: "created",
        cell: (d) => <Time at={d.created} />,
        text: (d) => d.created,
      },
    ],
    [t, amount, stateName, organized, choices],
  );
}

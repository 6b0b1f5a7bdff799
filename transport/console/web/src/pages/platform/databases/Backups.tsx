import { Anchor, Text } from "@mantine/core";
import { IconDownload, IconHistory, IconInfoCircle, IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { Several } from "~/dialog/Several";
import { useTell } from "~/shell/notices";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { useAmount } from "~/text/amount";
import { Time } from "~/text/Time";
import { BackupInfo } from "./BackupInfo";
import { useStateName } from "./DatabaseState";
import { type Backup, type Database, type DatabaseRights, download, fileOf, ofDatabases } from "./database";
import { RestoreDialog } from "./RestoreDialog";

type Opened = { is: "info" | "restore" | "delete"; backup: Backup } | { is: "bulk"; rows: Backup[]; clear: () => void };

/** Backups are the backups that are kept of a database. */
export function Backups({ database, rights }: { database: Database; rights: DatabaseRights }) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const tell = useTell();
  const changed = useChanged();
  const [opened, setOpened] = useState<Opened>();
  const columns = useColumns();
  const close = () => setOpened(undefined);
  const drop = async (backup: Backup) => {
    await api.DELETE("/backups/{backup}", { params: { path: { backup: backup.name } } });
  };
  return (
    <>
      <DataTable
        id="backups"
        label={t("backups")}
        path="/databases/{database}/backups"
        params={{ database: database.name }}
        columns={columns}
        rowId={(b) => b.id}
        rowName={(b) => b.name}
        sort="-created"
        inside
        empty={{ title: t("noBackups"), text: t("noBackupsText") }}
        rowActions={[
          {
            label: c("info"),
            icon: <IconInfoCircle size={16} aria-hidden />,
            run: (backup) => setOpened({ is: "info", backup }),
          },
          {
            label: t("download"),
            icon: <IconDownload size={16} aria-hidden />,
            hidden: (b) => b.state !== "ready",
            run: (backup) => download(fileOf(backup.name)),
          },
          {
            label: t("restoreFrom"),
            icon: <IconHistory size={16} aria-hidden />,
            danger: true,
            hidden: (b) => !rights.manage || b.state !== "ready",
            run: (backup) => setOpened({ is: "restore", backup }),
          },
          {
            label: c("delete"),
            icon: <IconTrash size={16} aria-hidden />,
            danger: true,
            hidden: () => !rights.manage,
            run: (backup) => setOpened({ is: "delete", backup }),
          },
        ]}
        bulkActions={
          rights.manage
            ? [
                {
                  label: c("delete"),
                  icon: <IconTrash size={16} aria-hidden />,
                  danger: true,
                  run: (rows, clear) => setOpened({ is: "bulk", rows, clear }),
                },
              ]
            : undefined
        }
      />
      {opened?.is === "info" && <BackupInfo backup={opened.backup} onClose={close} />}
      {opened?.is === "restore" && <RestoreDialog database={database} backup={opened.backup} onClose={close} />}
      {opened?.is === "delete" && (
        <Confirm
          title={t("deleteBackupTitle", { name: opened.backup.name })}
          act={c("delete")}
          goes={[opened.backup.name]}
          onClose={close}
          run={async () => {
            await drop(opened.backup);
            await changed(...ofDatabases);
            tell.done(t("deleted", { name: opened.backup.name }));
          }}
        >
          <Text size="sm">{t("deleteBackupText")}</Text>
        </Confirm>
      )}
      {opened?.is === "bulk" && (
        <Several
          title={t("deleteBackups", { count: opened.rows.length })}
          items={opened.rows}
          id={(b) => b.id}
          name={(b) => b.name}
          act={c("delete")}
          danger
          run={drop}
          onDone={async () => {
            await changed(...ofDatabases);
            opened.clear();
          }}
          onClose={close}
        >
          <Text size="sm">{t("deleteBackupText")}</Text>
        </Several>
      )}
    </>
  );
}

function useColumns(): Column<Backup>[] {
  const t = useTranslations("databases");
  const amount = useAmount();
  const stateName = useStateName();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("backup"),
        sort: "name",
        fixed: true,
        cell: (b) =>
          b.state === "ready" ? (
            <Anchor href={fileOf(b.name)} download={b.name} size="sm">
              {b.name}
            </Anchor>
          ) : (
            b.name
          ),
        text: (b) => b.name,
      },
      {
        id: "created",
        header: t("made"),
        sort: "created",
        cell: (b) => <Time at={b.created} />,
        text: (b) => b.created,
      },
      {
        id: "size",
        header: t("size"),
        sort: "size",
        align: "right",
        cell: (b) => amount(b.size, "bytes"),
        text: (b) => b.size,
      },
      { id: "by", header: t("by"), cell: (b) => b.created_by, text: (b) => b.created_by },
      { id: "state", header: t("state"), cell: (b) => stateName(b.state), text: (b) => stateName(b.state) },
      {
        id: "then",
        header: t("nameThen"),
        hidden: true,
        cell: (b) => b.database,
        text: (b) => b.database,
      },
    ],
    [t, amount, stateName],
  );
}

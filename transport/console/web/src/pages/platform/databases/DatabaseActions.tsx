import { Button, Menu } from "@mantine/core";
import {
  IconChevronDown,
  IconDatabaseExport,
  IconDownload,
  IconEdit,
  IconHistory,
  IconLock,
  IconLockOpen,
  IconPlugOff,
  IconTrash,
} from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import { copyOf, type Database, type DatabaseRights } from "./database";

export type DatabaseDialog = "backup" | "restore" | "lock" | "end" | "rename" | "delete";

/** DatabaseActions are what can be done with a database, as far as the reader may. */
export function DatabaseActions({
  database,
  rights,
  open,
}: {
  database: Database;
  rights: DatabaseRights;
  open: (dialog: DatabaseDialog) => void;
}) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const may = { ...rights, lock: rights.lock || rights.manage, backUp: rights.backUp || rights.manage };
  return (
    <>
      {may.backUp && (
        <Button
          variant="default"
          component="a"
          href={copyOf(database.name)}
          download
          leftSection={<IconDownload size={16} aria-hidden />}
        >
          {t("downloadCopy")}
        </Button>
      )}
      {may.backUp && (
        <Button leftSection={<IconDatabaseExport size={16} aria-hidden />} onClick={() => open("backup")}>
          {t("backUp")}
        </Button>
      )}
      {(may.lock || may.manage) && (
        <Menu position="bottom-end" shadow="md">
          <Menu.Target>
            <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
              {t("moreActions")}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item
              leftSection={
                database.locked ? <IconLockOpen size={16} aria-hidden /> : <IconLock size={16} aria-hidden />
              }
              onClick={() => open("lock")}
            >
              {t(database.locked ? "unlock" : "lock")}
            </Menu.Item>
            <Menu.Item leftSection={<IconPlugOff size={16} aria-hidden />} onClick={() => open("end")}>
              {t("end")}
            </Menu.Item>
            {may.manage && (
              <>
                <Menu.Item leftSection={<IconEdit size={16} aria-hidden />} onClick={() => open("rename")}>
                  {t("rename")}
                </Menu.Item>
                <Menu.Divider />
                <Menu.Item
                  color="red"
                  leftSection={<IconHistory size={16} aria-hidden />}
                  onClick={() => open("restore")}
                >
                  {t("restoreFile")}
                </Menu.Item>
                <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => open("delete")}>
                  {c("delete")}
                </Menu.Item>
              </>
            )}
          </Menu.Dropdown>
        </Menu>
      )}
    </>
  );
}

import { Alert, Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { useTell } from "~/shell/notices";
import { useAmount } from "~/text/amount";
import { type Database, ofDatabases, useWorkspacesOf } from "./database";
import { Users } from "./Users";

/** DeleteDatabase deletes a database that nobody uses, with the backups that are kept of it. */
export function DeleteDatabase({
  database,
  onClose,
  deleted,
}: {
  database: Database;
  onClose: () => void;
  deleted?: () => Promise<void> | void;
}) {
  const t = useTranslations("databases");
  const changed = useChanged();
  const tell = useTell();
  const amount = useAmount();
  const { name } = database;
  const users = useWorkspacesOf(name);
  const backups = $api.useQuery("get", "/databases/{database}/backups", {
    params: { path: { database: name }, query: { limit: 200 } },
  });
  const kept = backups.data?.total ?? backups.data?.items.length ?? 0;
  const used = (users.data?.items.length ?? 0) > 0;
  return (
    <Confirm
      title={t("deleteTitle", { name })}
      act={t("delete")}
      name={name}
      onClose={onClose}
      goes={[
        t("goesDatabase", { name, size: amount(database.size, "bytes") }),
        ...(kept ? [t("goesBackups", { count: kept })] : []),
      ]}
      run={async () => {
        await api.DELETE("/databases/{database}", { params: { path: { database: name } } });
        await deleted?.();
        await changed(...ofDatabases);
        tell.done(t("deleted", { name }));
      }}
    >
      {used ? (
        <Alert color="yellow" title={t("deleteUsed")}>
          <Users of={name} />
        </Alert>
      ) : (
        <Text size="sm">{t("deleteText")}</Text>
      )}
    </Confirm>
  );
}

import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { useTell } from "~/shell/notices";
import { type Database, ofDatabases, useDatabaseStats } from "./database";
import { Users } from "./Users";

/** EndSessions ends all connections to a database. */
export function EndSessions({ database, onClose }: { database: Database; onClose: () => void }) {
  const t = useTranslations("databases");
  const changed = useChanged();
  const tell = useTell();
  const { name } = database;
  const stats = useDatabaseStats(name);
  return (
    <Confirm
      title={t("endTitle", { name })}
      act={t("end")}
      onClose={onClose}
      run={async () => {
        const { sessions } = await done(
          api.POST("/databases/{database}/end-sessions", { params: { path: { database: name } } }),
        );
        await changed(...ofDatabases);
        tell.done(t("ended", { sessions }));
      }}
    >
      {stats.data && (
        <Text size="sm" fw={600}>
          {t("sessionsNow", { sessions: stats.data.sessions })}
        </Text>
      )}
      <Text size="sm">{t(database.locked ? "endLockedText" : "endText")}</Text>
      <Users of={name} />
    </Confirm>
  );
}

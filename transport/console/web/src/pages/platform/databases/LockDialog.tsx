import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { useTell } from "~/shell/notices";
import { type Database, ofDatabases, useDatabaseStats } from "./database";
import { Users } from "./Users";

/** LockDialog locks a database, or unlocks it, and says whom that concerns. */
export function LockDialog({ database, onClose }: { database: Database; onClose: () => void }) {
  const t = useTranslations("databases");
  const changed = useChanged();
  const tell = useTell();
  const { name, locked } = database;
  const stats = useDatabaseStats(name);
  return (
    <Confirm
      title={t(locked ? "unlockTitle" : "lockTitle", { name })}
      act={t(locked ? "unlock" : "lock")}
      danger={!locked}
      onClose={onClose}
      run={async () => {
        const params = { params: { path: { database: name } } };
        const { members } = await done(
          locked ? api.POST("/databases/{database}/unlock", params) : api.POST("/databases/{database}/lock", params),
        );
        await changed(...ofDatabases);
        tell.done(t(locked ? "unlockedOf" : "lockedOf", { name, members }));
      }}
    >
      <Text size="sm">{t(locked ? "unlockText" : "lockText")}</Text>
      {!locked && stats.data && <Text size="sm">{t("lockSessions", { sessions: stats.data.sessions })}</Text>}
      <Users of={name} />
    </Confirm>
  );
}

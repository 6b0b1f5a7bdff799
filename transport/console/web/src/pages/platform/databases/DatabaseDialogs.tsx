import { BackUpDialog } from "./BackUpDialog";
import type { DatabaseDialog } from "./DatabaseActions";
import { DeleteDatabase } from "./DeleteDatabase";
import type { Database } from "./database";
import { EndSessions } from "./EndSessions";
import { LockDialog } from "./LockDialog";
import { RenameDatabase } from "./RenameDatabase";
import { RestoreDialog } from "./RestoreDialog";

type Props = {
  opened: DatabaseDialog | undefined;
  database: Database;
  onClose: () => void;
  renamed?: (name: string) => Promise<void> | void;
  deleted?: () => Promise<void> | void;
};

/** DatabaseDialogs is the dialog of what is about to be done with a database. */
export function DatabaseDialogs({ opened, database, onClose, renamed, deleted }: Props) {
  switch (opened) {
    case "backup":
      return <BackUpDialog database={database} onClose={onClose} />;
    case "restore":
      return <RestoreDialog database={database} onClose={onClose} />;
    case "lock":
      return <LockDialog database={database} onClose={onClose} />;
    case "end":
      return <EndSessions database={database} onClose={onClose} />;
    case "rename":
      return <RenameDatabase database={database} onClose={onClose} renamed={renamed} />;
    case "delete":
      return <DeleteDatabase database={database} onClose={onClose} deleted={deleted} />;
    default:
      return null;
  }
}

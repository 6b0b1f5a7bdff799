import { useTranslations } from "use-intl";
import { Several } from "~/dialog/Several";
import { useTell } from "~/shell/notices";
import type { Workspace } from "../workspace";
import { type Key, useKeys } from "./place";

type Props = { keys: Key[]; workspace?: Workspace; onClose: () => void; onDone: () => void };

/** RevokeSeveral ends all keys that were selected; they stay in the list. */
export function RevokeSeveral({ keys: selected, workspace, onClose, onDone }: Props) {
  const t = useTranslations("keys");
  const keys = useKeys(workspace?.id);
  const tell = useTell();
  return (
    <Several
      title={t("revokeSeveral", { count: selected.length })}
      items={selected}
      id={(key) => key.id}
      name={(key) => key.title}
      act={t("revoke")}
      danger
      run={async (key) => {
        await keys.revoke(key);
      }}
      onDone={async (done) => {
        await keys.changed();
        tell.done(t("revoked", { count: done.length }));
        onDone();
      }}
      onClose={onClose}
    >
      {t("revokeText")}
    </Several>
  );
}

/** DeleteSeveral deletes those of the selected keys that own nothing; of the others it says that there is to decide. */
export function DeleteSeveral({ keys: selected, workspace, onClose, onDone }: Props) {
  const t = useTranslations("keys");
  const c = useTranslations("common");
  const keys = useKeys(workspace?.id);
  const tell = useTell();
  return (
    <Several
      title={t("deleteSeveral", { count: selected.length })}
      items={selected}
      id={(key) => key.id}
      name={(key) => key.title}
      act={c("delete")}
      danger
      run={(key) => keys.remove(key)}
      onDone={async (done) => {
        await keys.changed();
        tell.done(t("deleted", { count: done.length }));
        onDone();
      }}
      onClose={onClose}
    >
      {t("deleteSeveralText")}
    </Several>
  );
}

import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { Several } from "~/dialog/Several";
import { useTell } from "~/shell/notices";
import { type Invitation, useInvitationName } from "./words";

const revoke = (invitation: Invitation) =>
  api.DELETE("/invitations/{invitation}", { params: { path: { invitation: invitation.id } } });

/** Revoke withdraws an invitation: its link opens nothing any more (J-64). */
export function Revoke({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  const name = useInvitationName();
  const changed = useChanged();
  const tell = useTell();
  return (
    <Confirm
      title={t("deleteOf", { name: name(invitation) })}
      act={c("delete")}
      onClose={onClose}
      run={async () => {
        await revoke(invitation);
        await changed("/workspaces/{workspace}/invitations");
        tell.done(t("revoked", { count: 1 }));
      }}
    >
      {t("deleteText")}
    </Confirm>
  );
}

type SeveralOfThem = { invitations: Invitation[]; onClose: () => void; onDone: () => void };

/** RevokeSeveral withdraws all that were selected. */
export function RevokeSeveral({ invitations, onClose, onDone }: SeveralOfThem) {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  const name = useInvitationName();
  const changed = useChanged();
  const tell = useTell();
  return (
    <Several
      title={t("deleteSeveral", { count: invitations.length })}
      items={invitations}
      id={(invitation) => invitation.id}
      name={name}
      act={c("delete")}
      danger
      run={async (invitation) => {
        await revoke(invitation);
      }}
      onDone={async (gone) => {
        await changed("/workspaces/{workspace}/invitations");
        tell.done(t("revoked", { count: gone.length }));
        onDone();
      }}
      onClose={onClose}
    >
      {t("deleteText")}
    </Several>
  );
}

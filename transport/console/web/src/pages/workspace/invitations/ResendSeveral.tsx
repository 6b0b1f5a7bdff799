import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Several } from "~/dialog/Several";
import { useTell } from "~/shell/notices";
import { type Invitation, useInvitationName } from "./words";

type Props = { invitations: Invitation[]; onClose: () => void; onDone: () => void };

/** ResendSeveral sends all that were selected again, with new links. */
export function ResendSeveral({ invitations, onClose, onDone }: Props) {
  const t = useTranslations("invitations");
  const name = useInvitationName();
  const changed = useChanged();
  const tell = useTell();
  return (
    <Several
      title={t("resendSeveral", { count: invitations.length })}
      items={invitations}
      id={(invitation) => invitation.id}
      name={name}
      act={t("resend")}
      run={async (invitation) => {
        await api.POST("/invitations/{invitation}/resend", { params: { path: { invitation: invitation.id } } });
      }}
      onDone={async (sent) => {
        await changed("/workspaces/{workspace}/invitations");
        tell.done(t("resent", { count: sent.length }));
        onDone();
      }}
      onClose={onClose}
    >
      {t("resendText")}
    </Several>
  );
}

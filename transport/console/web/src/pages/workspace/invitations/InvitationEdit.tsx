import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { useTell } from "~/shell/notices";
import { InvitationFields } from "./InvitationFields";
import { type Invitation, roles, useInvitationName } from "./words";

type Props = { invitation: Invitation; onClose: () => void; onSaved: (invitation: Invitation) => void };

/** InvitationEdit changes what an invitation gives while nobody has answered it; the link stays as it is. */
export function InvitationEdit({ invitation, onClose, onSaved }: Props) {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  const name = useInvitationName();
  const changed = useChanged();
  const tell = useTell();
  const form = useForm({
    initialValues: {
      role: roles.find((r) => invitation.roles.includes(r)) ?? "",
      language: invitation.language.split("-")[0] ?? "en",
      groups: invitation.groups,
    },
    validate: { role: (role) => (role ? null : c("required")) },
  });
  return (
    <FormDialog
      title={t("modifyOf", { name: name(invitation) })}
      form={form}
      act={c("save")}
      fields={{ roles: "role" }}
      onClose={onClose}
      send={async ({ role, language, groups }) => {
        // What it gives besides, it gives still.
        const others = invitation.roles.filter((r) => !roles.some((known) => known === r));
        onSaved(
          await done(
            api.PATCH("/invitations/{invitation}", {
              params: { path: { invitation: invitation.id } },
              body: { roles: [...others, role], groups, ...(form.isDirty("language") && { language }) },
            }),
          ),
        );
        await changed("/workspaces/{workspace}/invitations");
        tell.done(c("saved"));
      }}
    >
      <InvitationFields form={form} />
    </FormDialog>
  );
}

import { Alert, Button, Group, Modal, Stack } from "@mantine/core";
import { IconLink, IconMailForward } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { Time } from "~/text/Time";
import { useRoleNames } from "~/text/words";
import { type Invitation, useInvitationName } from "./words";

/** InvitationLink says that an invitation is on its way, and has the link that it can be answered by (J-61). */
export function InvitationLink({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  const roleNames = useRoleNames();
  const name = useInvitationName();
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("made", { name: name(invitation) })}
      size="lg"
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <Stack>
        {invitation.mailed ? (
          <Alert color="teal" role="status" icon={<IconMailForward aria-hidden />}>
            {t("mailed", { email: invitation.email })}
          </Alert>
        ) : (
          <Alert color="yellow" role="status" icon={<IconLink aria-hidden />}>
            {invitation.kind === "open" ? t("shareLink", { count: invitation.max_uses }) : t("notMailed")}
          </Alert>
        )}
        {invitation.link && <CopyField label={t("link")} description={t("linkText")} value={invitation.link} />}
        <Facts
          of={[
            [t("role"), roleNames(invitation.roles)],
            [t("expires"), <Time key="expires" at={invitation.expires} />],
          ]}
        />
        <Group justify="flex-end">
          <Button onClick={onClose}>{c("close")}</Button>
        </Group>
      </Stack>
    </Modal>
  );
}

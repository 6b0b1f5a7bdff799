import { Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconEdit, IconMailForward, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api, done } from "~/api/client";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import { Time } from "~/text/Time";
import { useRoleNames } from "~/text/words";
import { useWorkspace } from "../workspace";
import { InvitationEdit } from "./InvitationEdit";
import { InvitationState } from "./Invitations";
import { type Invitation, isWithdrawable, languageName, useInvitationName } from "./words";

type Props = { invitation: Invitation; onClose: () => void; onRevoke: (invitation: Invitation) => void };

/** InvitationInfo is what is to be known of an invitation, its link among it (J-63), and what can be done about it. */
export function InvitationInfo({ invitation: first, onClose, onRevoke }: Props) {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const roleNames = useRoleNames();
  const name = useInvitationName();
  const changed = useChanged();
  const tell = useTell();
  const [invitation, setInvitation] = useState(first);
  const [link, setLink] = useState<string>();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState<"link" | "resend">();
  const [editing, setEditing] = useState(false);
  const groups = $api.useQuery(
    "get",
    "/workspaces/{workspace}/groups",
    { params: { path: { workspace: workspace.id }, query: { limit: 200, sort: "name" } } },
    { enabled: invitation.groups.length > 0 },
  );
  const groupNames = invitation.groups.map((id) => groups.data?.items.find((g) => g.id === id)?.name ?? id);

  /** One thing at a time, and said here when it cannot be done. */
  async function during(what: "link" | "resend", act: () => Promise<void>) {
    setBusy(what);
    setFailure(undefined);
    try {
      await act();
    } catch (error) {
      setFailure(error);
    }
    setBusy(undefined);
  }

  if (editing) {
    return (
      <InvitationEdit
        invitation={invitation}
        onClose={() => setEditing(false)}
        onSaved={(saved) => setInvitation(saved)}
      />
    );
  }
  return (
    <Modal
      opened
      onClose={onClose}
      title={t("infoOf", { name: name(invitation) })}
      size="lg"
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <Stack>
        <Facts
          of={[
            [t("email"), invitation.kind === "personal" ? invitation.email : undefined],
            [t("inviter"), invitation.inviter.email || invitation.inviter.name],
            [t("stateOf"), <InvitationState key="state" state={invitation.state} />],
            [t("created"), <Time key="created" at={invitation.created} />],
            [t("expires"), <Time key="expires" at={invitation.expires} />],
            [t("language"), languageName(invitation.language)],
            [t("role"), roleNames(invitation.roles)],
            [t("groups"), groupNames.join(", ")],
            [
              t("used"),
              invitation.kind === "open" ? t("usedOf", { uses: invitation.uses, max: invitation.max_uses }) : undefined,
            ],
            [t("domains"), invitation.domains.join(", ")],
            [t("sent"), invitation.kind === "personal" ? t("sentTimes", { count: invitation.sent }) : undefined],
            [t("acceptedAt"), invitation.accepted_at && <Time key="accepted" at={invitation.accepted_at} />],
            [t("identifier"), invitation.id],
          ]}
        />
        {invitation.state === "pending" &&
          (link ? (
            <CopyField label={t("link")} description={t("linkText")} value={link} />
          ) : (
            <Group justify="space-between" gap="xs">
              <div>
                <Text size="xs" c="dimmed">
                  {t("link")}
                </Text>
                <Text size="sm">{t("linkNoted")}</Text>
              </div>
              <Button
                variant="default"
                loading={busy === "link"}
                onClick={() =>
                  void during("link", async () => {
                    const answer = await done(
                      api.POST("/invitations/{invitation}/link", { params: { path: { invitation: invitation.id } } }),
                    );
                    setLink(answer.link);
                  })
                }
              >
                {t("showLink")}
              </Button>
            </Group>
          ))}
        {failure !== undefined && <Failure error={failure} />}
        {isWithdrawable(invitation) && (
          <Group justify="flex-end" gap="sm">
            <Button
              variant="light"
              color="red"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => onRevoke(invitation)}
            >
              {c("delete")}
            </Button>
            {invitation.state === "pending" && (
              <Button
                variant="default"
                leftSection={<IconEdit size={16} aria-hidden />}
                onClick={() => setEditing(true)}
              >
                {c("modify")}
              </Button>
            )}
            <Button
              variant="default"
              leftSection={<IconMailForward size={16} aria-hidden />}
              loading={busy === "resend"}
              onClick={() =>
                void during("resend", async () => {
                  const again = await done(
                    api.POST("/invitations/{invitation}/resend", { params: { path: { invitation: invitation.id } } }),
                  );
                  setInvitation(again);
                  setLink(again.link);
                  await changed("/workspaces/{workspace}/invitations");
                  tell.done(again.mailed ? t("mailed", { email: again.email }) : t("renewed"));
                })
              }
            >
              {invitation.kind === "personal" ? t("resend") : t("renew")}
            </Button>
          </Group>
        )}
      </Stack>
    </Modal>
  );
}

import { Badge, Button } from "@mantine/core";
import { IconInfoCircle, IconMailForward, IconMailPlus, IconTrash, IconUsersPlus } from "@tabler/icons-react";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useBackTo } from "~/dialog/useBackTo";
import { Page } from "~/shell/Page";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { Identifier } from "~/text/Identifier";
import { Time } from "~/text/Time";
import { useRoleName, useRoleNames } from "~/text/words";
import { useWorkspace } from "../workspace";
import { BulkInvite } from "./BulkInvite";
import { InvitationInfo } from "./InvitationInfo";
import { InvitationLink } from "./InvitationLink";
import { InviteForm } from "./InviteForm";
import { ResendSeveral } from "./ResendSeveral";
import { Revoke, RevokeSeveral } from "./Revoke";
import {
  correspondence,
  type Invitation,
  isWithdrawable,
  languageName,
  roles,
  states,
  useInvitationName,
} from "./words";

type Opened =
  | { dialog: "info" | "revoke"; invitation: Invitation }
  | { dialog: "revokeAll" | "resendAll"; invitations: Invitation[]; clear: () => void }
  | { dialog: "new" | "bulk" };

/** Invitations is who was invited to a workspace, wherever from (J-12, J-14, J-15, J-60 to J-64). */
export default function Invitations() {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  const { workspace, may } = useWorkspace();
  const name = useInvitationName();
  const navigate = useNavigate();
  const columns = useColumns();
  const [opened, setOpened] = useState<Opened>();
  const [made, setMade] = useState<Invitation>();
  // The page of members, and whoever keeps the link, come with ?new=1.
  const { new: asked } = useSearch({ strict: false }) as { new?: string };
  const dialog: Opened | undefined = opened ?? (asked ? { dialog: "new" } : undefined);
  useBackTo(Boolean(dialog ?? made));
  const close = () => {
    setOpened(undefined);
    if (asked) {
      void navigate({ to: ".", search: ((was: object) => ({ ...was, new: undefined })) as never, replace: true });
    }
  };
  const manages = may("workspace.manage_members");
  const invite = manages && (
    <Button leftSection={<IconMailPlus size={16} aria-hidden />} onClick={() => setOpened({ dialog: "new" })}>
      {t("invite")}
    </Button>
  );
  return (
    <Page title={t("title")} of={workspace.name} text={t("text")}>
      <DataTable
        id="invitations"
        label={t("title")}
        path="/workspaces/{workspace}/invitations"
        params={{ workspace: workspace.id }}
        columns={columns}
        rowId={(i) => i.id}
        rowName={name}
        searchIn={t("search")}
        sort="-created"
        actions={
          manages && (
            <>
              <Button
                variant="default"
                leftSection={<IconUsersPlus size={16} aria-hidden />}
                onClick={() => setOpened({ dialog: "bulk" })}
              >
                {t("bulk")}
              </Button>
              {invite}
            </>
          )
        }
        empty={{ title: t("empty"), text: t("emptyText"), action: invite }}
        rowActions={[
          {
            label: c("info"),
            icon: <IconInfoCircle size={16} aria-hidden />,
            run: (invitation) => setOpened({ dialog: "info", invitation }),
          },
          {
            label: c("delete"),
            icon: <IconTrash size={16} aria-hidden />,
            danger: true,
            hidden: (i) => !manages || !isWithdrawable(i),
            run: (invitation) => setOpened({ dialog: "revoke", invitation }),
          },
        ]}
        bulkActions={
          manages
            ? [
                {
                  label: t("resend"),
                  icon: <IconMailForward size={16} aria-hidden />,
                  run: (invitations, clear) => setOpened({ dialog: "resendAll", invitations, clear }),
                },
                {
                  label: c("delete"),
                  icon: <IconTrash size={16} aria-hidden />,
                  danger: true,
                  run: (invitations, clear) => setOpened({ dialog: "revokeAll", invitations, clear }),
                },
              ]
            : []
        }
      />
      {dialog?.dialog === "new" && <InviteForm onClose={close} onMade={setMade} />}
      {made && <InvitationLink invitation={made} onClose={() => setMade(undefined)} />}
      {dialog?.dialog === "bulk" && <BulkInvite onClose={close} />}
      {dialog?.dialog === "info" && (
        <InvitationInfo
          invitation={dialog.invitation}
          onClose={close}
          onRevoke={(invitation) => setOpened({ dialog: "revoke", invitation })}
        />
      )}
      {dialog?.dialog === "revoke" && <Revoke invitation={dialog.invitation} onClose={close} />}
      {dialog?.dialog === "revokeAll" && (
        <RevokeSeveral invitations={dialog.invitations} onClose={close} onDone={dialog.clear} />
      )}
      {dialog?.dialog === "resendAll" && (
        <ResendSeveral invitations={dialog.invitations} onClose={close} onDone={dialog.clear} />
      )}
    </Page>
  );
}

const colours = { pending: "blue", accepted: "teal", declined: "gray", revoked: "gray", expired: "yellow" } as const;

/** InvitationState says in a word, and a colour, where an invitation stands. */
export function InvitationState({ state }: { state: Invitation["state"] }) {
  const t = useTranslations("invitations");
  return (
    <Badge color={colours[state]} variant="default" tt="none" fw={500} radius="sm" miw="max-content">
      {t(`state.${state}`)}
    </Badge>
  );
}

function useColumns(): Column<Invitation>[] {
  const t = useTranslations("invitations");
  const roleName = useRoleName();
  const roleNames = useRoleNames();
  const name = useInvitationName();
  return useMemo(
    () => [
      {
        id: "email",
        header: t("email"),
        sort: "email",
        filter: { kind: "text", param: "email" },
        fixed: true,
        cell: name,
        text: name,
      },
      {
        id: "id",
        header: t("identifier"),
        filter: { kind: "text", param: "id" },
        cell: (i) => <Identifier of={i.id} />,
        text: (i) => i.id,
      },
      {
        id: "inviter",
        header: t("inviter"),
        sort: "inviter",
        filter: { kind: "text", param: "inviter_email" },
        cell: (i) => i.inviter.email || i.inviter.name,
        text: (i) => i.inviter.email || i.inviter.name,
      },
      {
        id: "role",
        header: t("role"),
        filter: { kind: "choice", param: "role", options: roles.map((value) => ({ value, label: roleName(value) })) },
        cell: (i) => <div style={{ minWidth: "6.5rem" }}>{roleNames(i.roles)}</div>,
        text: (i) => roleNames(i.roles),
      },
      {
        id: "state",
        header: t("stateOf"),
        sort: "state",
        filter: {
          kind: "choice",
          param: "state",
          options: states.map((value) => ({ value, label: t(`state.${value}`) })),
        },
        cell: (i) => <InvitationState state={i.state} />,
        text: (i) => t(`state.${i.state}`),
      },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        filter: { kind: "days", from: "created_from", before: "created_before" },
        cell: (i) => <Time at={i.created} />,
        text: (i) => i.created,
      },
      {
        id: "expires",
        header: t("expires"),
        sort: "expires",
        filter: { kind: "days", from: "expires_from", before: "expires_before" },
        cell: (i) => <Time at={i.expires} />,
        text: (i) => i.expires,
      },
      {
        id: "kind",
        header: t("kind"),
        hidden: true,
        filter: {
          kind: "choice",
          param: "kind",
          options: [
            { value: "personal", label: t("personal") },
            { value: "open", label: t("open") },
          ],
        },
        cell: (i) => t(i.kind),
        text: (i) => t(i.kind),
      },
      {
        id: "language",
        header: t("language"),
        hidden: true,
        cell: (i) => languageName(i.language),
        text: (i) => correspondence.find((l) => l.value === i.language)?.label ?? i.language,
      },
      {
        id: "sent",
        header: t("sent"),
        hidden: true,
        align: "right",
        cell: (i) => i.sent,
        text: (i) => i.sent,
      },
    ],
    [t, roleName, roleNames, name],
  );
}

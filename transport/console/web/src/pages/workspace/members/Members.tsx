import { Button } from "@mantine/core";
import { IconEdit, IconInfoCircle, IconPlayerPause, IconPlayerPlay, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { DepartSeveral } from "~/departure/DepartSeveral";
import { DepartureDialog } from "~/departure/DepartureDialog";
import { useUser } from "~/session/SessionProvider";
import { useTell } from "~/shell/notices";
import { Page } from "~/shell/Page";
import { DataTable } from "~/table/DataTable";
import { useWorkspace } from "../workspace";
import { MemberForm } from "./MemberForm";
import { MemberInfo } from "./MemberInfo";
import { SuspendSeveral } from "./SuspendSeveral";
import { useMemberColumns } from "./useMemberColumns";

export type Member = Schemas["Member"];

/** The roles of JMap Cloud, of which a member has exactly one there (J-03). */
export const roles = ["Administrator", "Editor", "Viewer"] as const;

type Opened =
  | { dialog: "info" | "modify" | "delete"; member: Member }
  | { dialog: "suspendAll" | "resumeAll" | "deleteAll"; members: Member[]; clear: () => void };

/** Members is who belongs to a workspace (J-11, J-14, J-40 to J-47). */
export default function Members() {
  const t = useTranslations("members");
  const c = useTranslations("common");
  const { workspace, may } = useWorkspace();
  const me = useUser();
  const navigate = useNavigate();
  const tell = useTell();
  const [opened, setOpened] = useState<Opened>();
  const columns = useMemberColumns(workspace.id);
  const close = () => setOpened(undefined);
  const manages = may("workspace.manage_members");
  const invite = manages && (
    <Button component={Link} to={`/workspaces/${workspace.id}/invitations`}>
      {t("invite")}
    </Button>
  );

  /** Opens a dialog for those of the selected whom it is for; the supervisor is none of them. */
  const several =
    (dialog: "suspendAll" | "resumeAll" | "deleteAll", fits: (m: Member) => boolean) =>
    (rows: Member[], clear: () => void) => {
      const members = rows.filter((m) => !m.supervisor && fits(m));
      if (members.length > 0) {
        setOpened({ dialog, members, clear });
      } else {
        tell.done(t("several.nobody"));
      }
    };

  return (
    <Page title={t("title")} of={workspace.name} text={t("text")}>
      <DataTable
        id="members"
        label={t("title")}
        path="/workspaces/{workspace}/members"
        params={{ workspace: workspace.id }}
        columns={columns}
        rowId={(m) => String(m.principal)}
        rowName={(m) => m.name}
        searchIn={t("search")}
        sort="name"
        actions={invite}
        empty={{ title: t("empty"), text: t("emptyText"), action: invite }}
        rowActions={[
          {
            label: c("info"),
            icon: <IconInfoCircle size={16} aria-hidden />,
            run: (member) => setOpened({ dialog: "info", member }),
          },
          {
            label: c("modify"),
            icon: <IconEdit size={16} aria-hidden />,
            hidden: (m) => !manages || m.supervisor,
            run: (member) => setOpened({ dialog: "modify", member }),
          },
          {
            label: c("delete"),
            icon: <IconTrash size={16} aria-hidden />,
            danger: true,
            hidden: (m) => !manages || m.supervisor,
            run: (member) => setOpened({ dialog: "delete", member }),
          },
        ]}
        bulkActions={
          manages
            ? [
                {
                  label: t("suspend"),
                  icon: <IconPlayerPause size={16} aria-hidden />,
                  run: several("suspendAll", (m) => !m.suspended),
                },
                {
                  label: t("resume"),
                  icon: <IconPlayerPlay size={16} aria-hidden />,
                  run: several("resumeAll", (m) => m.suspended),
                },
                {
                  label: c("delete"),
                  icon: <IconTrash size={16} aria-hidden />,
                  danger: true,
                  run: several("deleteAll", () => true),
                },
              ]
            : []
        }
      />
      {opened?.dialog === "info" && <MemberInfo of={opened.member} manages={manages} onClose={close} />}
      {opened?.dialog === "modify" && <MemberForm member={opened.member} onClose={close} />}
      {opened?.dialog === "delete" && (
        <DepartureDialog
          workspace={workspace}
          member={opened.member}
          onClose={close}
          onGone={async () => {
            if (opened.member.principal === me.num) {
              await navigate({ to: "/" }); // whoever has left sees nothing here any more
            }
          }}
        />
      )}
      {(opened?.dialog === "suspendAll" || opened?.dialog === "resumeAll") && (
        <SuspendSeveral
          members={opened.members}
          suspend={opened.dialog === "suspendAll"}
          onClose={close}
          onDone={opened.clear}
        />
      )}
      {opened?.dialog === "deleteAll" && (
        <DepartSeveral workspace={workspace} members={opened.members} onClose={close} onGone={opened.clear} />
      )}
    </Page>
  );
}

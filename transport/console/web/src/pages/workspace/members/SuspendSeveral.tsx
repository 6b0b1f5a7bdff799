import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { ofMembers } from "~/departure/members";
import { Several } from "~/dialog/Several";
import { useTell } from "~/shell/notices";
import { useWorkspace } from "../workspace";
import type { Member } from "./Members";

type Props = { members: Member[]; suspend: boolean; onClose: () => void; onDone: () => void };

/** SuspendSeveral refuses the selected members everything in the workspace, or lets them in again. */
export function SuspendSeveral({ members, suspend, onClose, onDone }: Props) {
  const t = useTranslations("members");
  const { workspace } = useWorkspace();
  const changed = useChanged();
  const tell = useTell();
  return (
    <Several
      title={t(suspend ? "several.suspend" : "several.resume", { count: members.length })}
      items={members}
      id={(m) => String(m.principal)}
      name={(m) => m.name}
      act={t(suspend ? "suspend" : "resume")}
      danger={suspend}
      run={async (m) => {
        const params = { path: { workspace: workspace.id, principal: m.principal } };
        await (suspend
          ? api.POST("/workspaces/{workspace}/members/{principal}/suspend", { params })
          : api.POST("/workspaces/{workspace}/members/{principal}/resume", { params }));
      }}
      onDone={async (done) => {
        onDone();
        await changed(...ofMembers);
        tell.done(t(suspend ? "several.suspended" : "several.resumed", { count: done.length }));
      }}
      onClose={onClose}
    >
      {t(suspend ? "suspendText" : "resumeText")}
    </Several>
  );
}

import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { ofMembers } from "~/departure/members";
import { Confirm } from "~/dialog/Confirm";
import { useTell } from "~/shell/notices";
import { useWorkspace } from "../workspace";
import type { Member } from "./Members";

/** SuspendMember refuses a member everything in the workspace, or lets him in again with what he had. */
export function SuspendMember({ of: member, onClose }: { of: Member; onClose: () => void }) {
  const t = useTranslations("members");
  const { workspace } = useWorkspace();
  const changed = useChanged();
  const tell = useTell();
  const { name, suspended } = member;
  return (
    <Confirm
      title={t(suspended ? "resumeOf" : "suspendOf", { name })}
      act={t(suspended ? "resume" : "suspend")}
      danger={!suspended}
      onClose={onClose}
      run={async () => {
        const params = { path: { workspace: workspace.id, principal: member.principal } };
        await (suspended
          ? api.POST("/workspaces/{workspace}/members/{principal}/resume", { params })
          : api.POST("/workspaces/{workspace}/members/{principal}/suspend", { params }));
        await changed(...ofMembers);
        tell.done(t(suspended ? "wasResumed" : "wasSuspended", { name }));
      }}
    >
      <Text size="sm">{t(suspended ? "resumeText" : "suspendText")}</Text>
    </Confirm>
  );
}

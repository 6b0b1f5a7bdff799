import { useTranslations } from "use-intl";
import { AuditTable } from "~/audit/AuditTable";
import { Page } from "~/shell/Page";
import { useWorkspace } from "../workspace";

/** WorkspaceAudit is what happened in a workspace, and what was refused. */
export default function WorkspaceAudit() {
  const t = useTranslations("audit");
  const { workspace } = useWorkspace();
  return (
    <Page title={t("title")} of={workspace.name} text={t("text")}>
      <AuditTable workspace={workspace} />
    </Page>
  );
}

import { useTranslations } from "use-intl";
import { useMay } from "~/session/may";
import { Page } from "~/shell/Page";
import { WorkspaceTable } from "./WorkspaceTable";

/** Workspaces are those of the whole platform that the reader sees. */
export default function Workspaces() {
  const t = useTranslations("workspaces");
  const may = useMay(0, ["tenancy.manage_workspaces"]);
  return (
    <Page title={t("title")} text={t("text")}>
      <WorkspaceTable manages={may("tenancy.manage_workspaces")} />
    </Page>
  );
}

import { SimpleGrid } from "@mantine/core";
import { useTranslations } from "use-intl";
import { Page } from "~/shell/Page";
import { useWorkspace } from "../workspace";
import { About } from "./About";
import { People } from "./People";
import { Quotas } from "./Quotas";
import { RecentEvents } from "./RecentEvents";
import { UseOverTime } from "./UseOverTime";

/** Overview is how a workspace stands: what it may use and uses, who is in it, and what happened lately. */
export default function Overview() {
  const t = useTranslations("overview");
  const { workspace, may } = useWorkspace();
  const reads = may("datastore.read");
  return (
    <Page title={workspace.name} of={t("title")} text={workspace.description || undefined}>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <About workspace={workspace} />
        {may("workspace.read_members") && <People workspace={workspace} invites={may("workspace.manage_members")} />}
      </SimpleGrid>
      {may("workspace.read") && <Quotas workspace={workspace} shares={reads} seats={may("workspace.read_members")} />}
      {may("workspace.read_activity") && <RecentEvents workspace={workspace} audits={may("workspace.read_audit")} />}
      {/* Where there is nothing to draw it goes again: nothing is beneath it. */}
      {reads && <UseOverTime workspace={workspace} />}
    </Page>
  );
}

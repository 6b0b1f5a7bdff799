import { SimpleGrid, Stack } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useMay } from "~/session/may";
import { Page } from "~/shell/Page";
import { useWorkspace } from "../workspace";
import { Activation } from "./Activation";
import { General } from "./General";
import { Identifiers } from "./Identifiers";
import { Limits } from "./Limits";
import { OrganizationCard } from "./OrganizationCard";
import { Retire } from "./Retire";
import { Supervisor } from "./Supervisor";

/** Settings is what a workspace is called and is (J-50), how it is identified (J-51), who answers for it, and its end. */
export default function Settings() {
  const t = useTranslations("settings");
  const { workspace, may } = useWorkspace();
  const manages = may("tenancy.manage_workspaces");
  const allots = useMay(0, ["platform.allocate"])("platform.allocate");
  return (
    <Page title={t("title")} of={workspace.name} text={t("text")}>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Stack gap="md">
          {/* What was not saved goes with the workspace that it was of. */}
          <General key={workspace.id} workspace={workspace} updates={may("workspace.update")} manages={manages} />
        </Stack>
        <Stack gap="md">
          <Identifiers workspace={workspace} />
          <Supervisor workspace={workspace} transfers={may("workspace.transfer")} />
          <OrganizationCard workspace={workspace} manages={manages} />
        </Stack>
      </SimpleGrid>
      {may("workspace.read") && (
        <Limits workspace={workspace} seats={may("workspace.read_members")} gives={allots && manages} allots={allots} />
      )}
      <Activation workspace={workspace} manages={manages} />
      {manages && <Retire workspace={workspace} />}
    </Page>
  );
}

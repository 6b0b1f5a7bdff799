import { Button, Center, Stack, Text, Title } from "@mantine/core";
import { IconKey, IconSwitchHorizontal } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { DatabaseActions, type DatabaseDialog } from "~/pages/platform/databases/DatabaseActions";
import { DatabaseDialogs } from "~/pages/platform/databases/DatabaseDialogs";
import { DatabaseView } from "~/pages/platform/databases/DatabaseView";
import { useDatabase } from "~/pages/platform/databases/database";
import { useMay } from "~/session/may";
import { Failure } from "~/shell/Failure";
import { Page } from "~/shell/Page";
import { Waiting } from "~/shell/Waiting";
import { useWorkspace } from "../workspace";
import { Access } from "./Access";
import { ChooseDatabase } from "./ChooseDatabase";

/** WorkspaceDatabases is the database that the data of a workspace are in. */
export default function WorkspaceDatabases() {
  const t = useTranslations("databases");
  const { workspace, may } = useWorkspace();
  const { database } = workspace.project;
  const [choosing, setChoosing] = useState(false);
  const manage = may("tenancy.manage_workspaces");
  const choose = manage && (
    <Button
      variant="default"
      leftSection={<IconSwitchHorizontal size={16} aria-hidden />}
      onClick={() => setChoosing(true)}
    >
      {t(database ? "change" : "choose")}
    </Button>
  );
  return (
    <>
      {database ? (
        <Used name={database} choose={choose} />
      ) : (
        <Page title={t("ofWorkspace")} of={workspace.name}>
          <Center mih="30vh">
            <Stack align="center" gap="xs" maw={480} ta="center">
              <Title order={2} size="h4">
                {t("noDatabase")}
              </Title>
              <Text c="dimmed">{t(manage ? "noDatabaseText" : "noDatabaseAsk")}</Text>
              {choose}
            </Stack>
          </Center>
        </Page>
      )}
      {choosing && <ChooseDatabase workspace={workspace} onClose={() => setChoosing(false)} />}
    </>
  );
}

function Used({ name, choose }: { name: string; choose: ReactNode }) {
  const t = useTranslations("databases");
  const { workspace, may } = useWorkspace();
  const connect = useMay(workspace.num, ["database.connect"])("database.connect");
  const changed = useChanged();
  const { data: database, error, refetch } = useDatabase(name);
  const [opened, setOpened] = useState<DatabaseDialog>();
  const [accessing, setAccessing] = useState(false);
  if (error) {
    return (
      <Page title={t("ofWorkspace")} of={workspace.name} actions={choose}>
        <Failure error={error} retry={() => void refetch()} />
      </Page>
    );
  }
  if (!database) {
    return <Waiting />;
  }
  const rights = {
    manage: may("tenancy.manage_workspaces"),
    lock: may("database.lock"),
    backUp: may("database.back_up"),
  };
  return (
    <Page
      title={t("ofWorkspaceNamed", { name })}
      of={workspace.name}
      text={t("ofWorkspaceText")}
      actions={
        <>
          {connect && (
            <Button
              variant="default"
              leftSection={<IconKey size={16} aria-hidden />}
              onClick={() => setAccessing(true)}
              disabled={database.locked}
            >
              {t("connect")}
            </Button>
          )}
          {choose}
          <DatabaseActions database={database} rights={rights} open={setOpened} />
        </>
      }
    >
      <DatabaseView database={database} rights={rights} />
      <DatabaseDialogs
        opened={opened}
        database={database}
        onClose={() => setOpened(undefined)}
        renamed={() => changed("/workspaces/{workspace}")}
        deleted={() => changed("/workspaces/{workspace}")}
      />
      {accessing && <Access workspace={workspace} database={database} onClose={() => setAccessing(false)} />}
    </Page>
  );
}

import { Anchor } from "@mantine/core";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "~/session/may";
import { Failure } from "~/shell/Failure";
import { Page } from "~/shell/Page";
import { Waiting } from "~/shell/Waiting";
import { DatabaseActions, type DatabaseDialog } from "./DatabaseActions";
import { DatabaseDialogs } from "./DatabaseDialogs";
import { DatabaseView } from "./DatabaseView";
import { useDatabase } from "./database";

/** DatabasePage is one database, for who manages the workspaces of its organization. */
export default function DatabasePage() {
  const t = useTranslations("databases");
  const navigate = useNavigate();
  const { database: name } = useParams({ strict: false }) as { database: string };
  const { data: database, error, refetch } = useDatabase(name);
  const manage = useMay(database?.organization.num, ["tenancy.manage_workspaces"])("tenancy.manage_workspaces");
  const [opened, setOpened] = useState<DatabaseDialog>();
  if (error) {
    return (
      <Page title={name}>
        <Failure error={error} retry={() => void refetch()} />
        <Anchor component={Link} to="/platform/databases">
          {t("toAll")}
        </Anchor>
      </Page>
    );
  }
  if (!database) {
    return <Waiting />;
  }
  // Who sees it by a project of his alone acts on the page of that project's workspace.
  const rights = { backUp: manage, lock: manage, manage };
  return (
    <Page
      title={database.name}
      of={t("title")}
      text={database.organization.name ? t("ofOrganizationNamed", { name: database.organization.name }) : undefined}
      actions={<DatabaseActions database={database} rights={rights} open={setOpened} />}
    >
      <DatabaseView database={database} rights={rights} />
      <DatabaseDialogs
        opened={opened}
        database={database}
        onClose={() => setOpened(undefined)}
        renamed={(to) => navigate({ to: "/platform/databases/$database", params: { database: to }, replace: true })}
        deleted={() => navigate({ to: "/platform/databases", replace: true })}
      />
    </Page>
  );
}

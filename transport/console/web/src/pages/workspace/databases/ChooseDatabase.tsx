import { Alert, Select, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { ofDatabases } from "~/pages/platform/databases/database";
import { clearButton } from "~/pages/platform/organizations/clear";
import { useTell } from "~/shell/notices";
import type { Workspace } from "../workspace";

/** ChooseDatabase has a workspace use another database of its organization, or none. */
export function ChooseDatabase({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const { organization } = workspace;
  const now = workspace.project.database;
  const form = useForm({ initialValues: { database: now } });
  const found = $api.useQuery(
    "get",
    "/databases",
    { params: { query: { organization: organization?.id ?? "", limit: 200, sort: "name" } } },
    { enabled: organization !== null },
  );
  const names = (found.data?.items ?? []).map((d) => d.name);
  return (
    <FormDialog
      title={t("changeTitle", { name: workspace.name })}
      form={form}
      act={c("save")}
      onClose={onClose}
      send={async ({ database }) => {
        await api.PUT("/workspaces/{workspace}/database", {
          params: { path: { workspace: workspace.id } },
          body: { database },
        });
        await changed("/workspaces/{workspace}", ...ofDatabases);
        tell.done(database ? t("changed", { name: database }) : t("changedToNone"));
      }}
    >
      {organization === null ? (
        <Alert color="yellow">{t("noOrganization")}</Alert>
      ) : (
        <Select
          label={t("database")}
          description={t("ofOrganizationNamed", { name: organization.name })}
          placeholder={t("noneChosen")}
          nothingFoundMessage={found.isPending ? undefined : t("none")}
          clearable
          searchable
          clearButtonProps={clearButton(t("useNone"))}
          data={now && !names.includes(now) ? [now, ...names] : names}
          data-autofocus
          {...form.getInputProps("database")}
        />
      )}
      <Text size="sm">{t("changeText")}</Text>
    </FormDialog>
  );
}

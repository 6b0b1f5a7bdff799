import { Alert, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { DatabasePicker } from "~/pages/platform/databases/DatabasePicker";
import { ofDatabases } from "~/pages/platform/databases/database";
import { useTell } from "~/shell/notices";
import type { Workspace } from "../workspace";

/** ChooseDatabase has a workspace use another database of its organization, or none. */
export function ChooseDatabase({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const { organization } = workspace;
  const form = useForm({ initialValues: { database: workspace.project.database } });
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
        <DatabasePicker
          organization={organization.id}
          label={t("database")}
          description={t("ofOrganizationNamed", { name: organization.name })}
          placeholder={t("noneChosen")}
          data-autofocus
          value={form.values.database || null}
          error={form.errors.database}
          onChange={(name) => form.setFieldValue("database", name)}
        />
      )}
      <Text size="sm">{t("changeText")}</Text>
    </FormDialog>
  );
}

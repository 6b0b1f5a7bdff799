import { Select, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { clearButton } from "~/pages/platform/organizations/clear";
import { useTell } from "~/shell/notices";
import { OrganizationPicker } from "../organizations/OrganizationPicker";
import { databaseName, ofDatabases } from "./database";
import { useTemplates } from "./templates";

/** DatabaseForm makes a database, of an organization that is chosen here where it is not said. */
export function DatabaseForm({ organization, onClose }: { organization?: string; onClose: () => void }) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { organization: organization ?? (null as string | null), name: "", template: null as string | null },
    validate: {
      organization: (id) => (id ? null : c("required")),
      name: (name) => (databaseName.test(name) ? null : t("nameRule")),
    },
  });
  const templates = useTemplates(form.values.organization);
  return (
    <FormDialog
      title={t("createTitle")}
      form={form}
      act={c("create")}
      onClose={onClose}
      send={async (values) => {
        await api.POST("/databases", {
          body: { organization: values.organization ?? "", name: values.name, template: values.template },
        });
        await changed(...ofDatabases);
        tell.done(t("created", { name: values.name }));
        await navigate({ to: "/platform/databases/$database", params: { database: values.name } });
      }}
    >
      {!organization && (
        <OrganizationPicker
          label={t("organization")}
          required
          value={form.values.organization}
          error={form.errors.organization}
          onChange={(id) => form.setFieldValue("organization", id)}
        />
      )}
      <TextInput
        label={t("name")}
        description={t("nameRule")}
        required
        maxLength={48}
        autoComplete="off"
        spellCheck={false}
        data-autofocus={organization ? true : undefined}
        {...form.getInputProps("name")}
      />
      <Select
        label={t("template")}
        description={t("templateText")}
        placeholder={t("empty")}
        clearable
        clearButtonProps={clearButton(t("noTemplate"))}
        data={templates}
        {...form.getInputProps("template")}
      />
      <Text size="sm" c="dimmed">
        {t("createText")}
      </Text>
    </FormDialog>
  );
}

import { Radio, Select, SimpleGrid, Stack, Switch, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { FormDialog } from "~/dialog/FormDialog";
import { clearButton } from "~/pages/platform/organizations/clear";
import { useTell } from "~/shell/notices";
import { DatabasePicker } from "../databases/DatabasePicker";
import { databaseName, ofDatabases } from "../databases/database";
import { useTemplates } from "../databases/templates";
import { OrganizationPicker } from "../organizations/OrganizationPicker";
import type { Organization } from "../organizations/organization";
import { UserPicker } from "../users/UserPicker";
import { databaseNameOf, technicalName } from "./technical";

type Written = {
  name: string;
  technical_name: string;
  organization: string | null;
  supervisor: string | null;
  description: string;
  public: boolean;
  database: "none" | "new" | "old";
  old: string | null;
  new_name: string;
  template: string | null;
};

const technical = /^(?!\.+$)[A-Za-z0-9_.-]{1,30}$/;

/** WorkspaceForm makes a workspace, with a database of its own where somebody wants one. */
export function WorkspaceForm({ organization, onClose }: { organization?: Organization; onClose: () => void }) {
  const t = useTranslations("workspaces");
  const c = useTranslations("common");
  const d = useTranslations("databases");
  const changed = useChanged();
  const tell = useTell();
  const navigate = useNavigate();
  const form = useForm<Written>({
    initialValues: {
      name: "",
      technical_name: "",
      organization: organization?.id ?? null,
      supervisor: null,
      description: "",
      public: false,
      database: "none",
      old: null,
      new_name: "",
      template: null,
    },
    validate: {
      name: (name) => (name.trim() ? null : c("required")),
      technical_name: (name) => (technical.test(name) ? null : t("technicalRule")),
      supervisor: (user) => (user ? null : c("required")),
      old: (name, { database }) => (database !== "old" || name ? null : c("required")),
      new_name: (name, { database }) => (database !== "new" || databaseName.test(name) ? null : d("nameRule")),
    },
  });
  const { values } = form;
  const paid = values.organization !== null; // a database belongs to an organization
  const templates = useTemplates(values.organization);

  return (
    <FormDialog
      title={organization ? t("createIn", { organization: organization.name }) : t("create")}
      form={form}
      act={c("create")}
      size="lg"
      fields={{ database: "old", "new_database.name": "new_name", "new_database.template": "template" }}
      onClose={onClose}
      send={async (written) => {
        const made = await make(written);
        await changed("/workspaces", "/organizations/{organization}/workspaces", "/me/workspaces", ...ofDatabases);
        tell.done(t("made", { name: made.name }));
        await navigate({ to: `/workspaces/${made.id}` });
      }}
    >
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <TextInput
          label={t("name")}
          required
          withAsterisk
          maxLength={99}
          autoComplete="off"
          data-autofocus
          {...form.getInputProps("name")}
          onChange={(event) => {
            const name = event.currentTarget.value;
            // What nobody wrote himself goes with the name.
            const own = values.technical_name !== technicalName(values.name);
            const tech = own ? values.technical_name : technicalName(name);
            const kept = values.new_name !== databaseNameOf(values.technical_name);
            form.setValues({ name, technical_name: tech, ...(kept ? {} : { new_name: databaseNameOf(tech) }) });
          }}
        />
        <TextInput
          label={t("technicalName")}
          description={t("technicalText")}
          inputWrapperOrder={["label", "input", "description", "error"]}
          required
          withAsterisk
          maxLength={30}
          autoComplete="off"
          spellCheck={false}
          {...form.getInputProps("technical_name")}
        />
      </SimpleGrid>
      {!organization && (
        <OrganizationPicker
          label={t("organization")}
          placeholder={t("nobodyPays")}
          value={values.organization}
          error={form.errors.organization}
          onChange={(id) => form.setValues({ organization: id, old: null, ...(id ? {} : { database: "none" }) })}
        />
      )}
      <UserPicker
        label={t("supervisor")}
        description={t("supervisorText")}
        organization={values.organization}
        value={values.supervisor}
        error={form.errors.supervisor}
        onChange={(id) => form.setFieldValue("supervisor", id)}
      />
      <Textarea label={t("description")} autosize minRows={2} {...form.getInputProps("description")} />
      <Switch
        label={t("isPublic")}
        description={t("isPublicText")}
        {...form.getInputProps("public", { type: "checkbox" })}
      />
      <Radio.Group
        label={t("database")}
        description={paid ? undefined : t("databaseNeeds")}
        {...form.getInputProps("database")}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="none" label={t("noDatabase")} />
          <Radio value="new" label={t("newDatabase")} disabled={!paid} />
          <Radio value="old" label={t("oldDatabase")} disabled={!paid} />
        </Stack>
      </Radio.Group>
      {values.database === "new" && (
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <TextInput
            label={t("databaseName")}
            description={d("nameRule")}
            inputWrapperOrder={["label", "input", "description", "error"]}
            required
            withAsterisk
            maxLength={48}
            autoComplete="off"
            spellCheck={false}
            {...form.getInputProps("new_name")}
          />
          <Select
            label={d("template")}
            placeholder={d("empty")}
            clearable
            clearButtonProps={clearButton(d("noTemplate"))}
            data={templates}
            {...form.getInputProps("template")}
          />
        </SimpleGrid>
      )}
      {values.database === "old" && values.organization !== null && (
        <DatabasePicker
          key={values.organization}
          organization={values.organization}
          label={t("databaseName")}
          required
          value={values.old}
          error={form.errors.old}
          onChange={(name) => form.setFieldValue("old", name)}
        />
      )}
    </FormDialog>
  );
}

/** make makes what was written: a project, where the workspace has a database from the beginning. */
async function make(written: Written): Promise<Schemas["Workspace"]> {
  const body: Schemas["WorkspaceNew"] = {
    name: written.name.trim(),
    technical_name: written.technical_name,
    supervisor: written.supervisor ?? "",
    description: written.description.trim(),
    public: written.public,
    ...(written.organization ? { organization: written.organization } : {}),
  };
  switch (written.database) {
    case "none":
      return done(api.POST("/workspaces", { body }));
    case "new": {
      const new_database = { name: written.new_name, template: written.template };
      return (await done(api.POST("/projects", { body: { ...body, new_database } }))).workspace;
    }
    case "old":
      return (await done(api.POST("/projects", { body: { ...body, database: written.old ?? "" } }))).workspace;
  }
}

import { Alert, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { useTell } from "~/shell/notices";
import { type Database, databaseName, ofDatabases } from "./database";

/** RenameDatabase gives a database another name, and says who notices. */
export function RenameDatabase({
  database,
  onClose,
  renamed,
}: {
  database: Database;
  onClose: () => void;
  renamed?: (name: string) => Promise<void> | void;
}) {
  const t = useTranslations("databases");
  const changed = useChanged();
  const tell = useTell();
  const form = useForm({
    initialValues: { name: database.name },
    validate: { name: (name) => (databaseName.test(name) ? null : t("nameRule")) },
  });
  return (
    <FormDialog
      title={t("renameTitle", { name: database.name })}
      form={form}
      act={t("rename")}
      onClose={onClose}
      send={async ({ name }) => {
        await api.PATCH("/databases/{database}", { params: { path: { database: database.name } }, body: { name } });
        await renamed?.(name);
        await changed(...ofDatabases);
        tell.done(t("renamed", { name }));
      }}
    >
      <Alert color="yellow">{t("renameText")}</Alert>
      <TextInput
        label={t("newName")}
        description={t("nameRule")}
        required
        maxLength={48}
        autoComplete="off"
        spellCheck={false}
        data-autofocus
        {...form.getInputProps("name")}
      />
    </FormDialog>
  );
}

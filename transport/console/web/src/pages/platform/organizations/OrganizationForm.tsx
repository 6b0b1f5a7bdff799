import { Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { useTell } from "~/shell/notices";
import { ofOrganizations } from "./organization";

/** OrganizationForm makes an organization: its name is enough, the rest is written on its page. */
export function OrganizationForm({ onClose }: { onClose: () => void }) {
  const t = useTranslations("organizations");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const navigate = useNavigate();
  const form = useForm({
    initialValues: { name: "", contact: "" },
    validate: { name: (name) => (name.trim() ? null : c("required")) },
  });
  return (
    <FormDialog
      title={t("create")}
      form={form}
      act={c("create")}
      onClose={onClose}
      send={async ({ name, contact }) => {
        const made = await done(api.POST("/organizations", { body: { name: name.trim(), contact: contact.trim() } }));
        await changed(...ofOrganizations);
        tell.done(t("made", { name: made.name }));
        await navigate({ to: "/platform/organizations/$organization", params: { organization: made.id } });
      }}
    >
      <TextInput
        label={t("name")}
        required
        withAsterisk
        maxLength={99}
        autoComplete="off"
        data-autofocus
        {...form.getInputProps("name")}
      />
      <TextInput label={t("contact")} autoComplete="off" {...form.getInputProps("contact")} />
      <Text size="sm" c="dimmed">
        {t("createText")}
      </Text>
    </FormDialog>
  );
}

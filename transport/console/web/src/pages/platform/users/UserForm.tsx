import { Checkbox, Select, SimpleGrid, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useNavigate } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { FormDialog } from "~/dialog/FormDialog";
import { useMay } from "~/session/may";
import { useTell } from "~/shell/notices";
import { languages } from "~/text/catalog";
import { fullName } from "~/text/person";
import { ofUsers, type User } from "./user";

/** UserForm makes a user, or changes one. */
export function UserForm({ user, onClose }: { user?: User; onClose: () => void }) {
  const t = useTranslations("users");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const navigate = useNavigate();
  const administers = useMay(0, ["platform.administer"])("platform.administer");
  const form = useForm({
    initialValues: {
      username: user?.username ?? "",
      email: user?.email ?? "",
      first_name: user?.first_name ?? "",
      last_name: user?.last_name ?? "",
      language: user?.language ?? "en",
      technical: user?.technical ?? false,
      administrator: user?.administrator ?? false,
    },
    validate: {
      username: (name) => (name.trim() && !name.includes(":") ? null : t("usernameRule")),
      email: (email) => (/^\S+@\S+$/.test(email.trim()) ? null : t("emailRule")),
    },
  });
  const known = Object.entries(languages).map(([value, label]) => ({ value, label }));
  const tags = known.some((l) => l.value === form.values.language)
    ? known
    : [...known, { value: form.values.language, label: form.values.language }];
  return (
    <FormDialog
      title={user ? t("modifyTitle", { name: fullName(user) }) : t("create")}
      form={form}
      act={user ? c("save") : c("create")}
      onClose={onClose}
      send={async (values) => {
        const body: Schemas["UserNew"] = {
          ...values,
          username: values.username.trim(),
          email: values.email.trim(),
          first_name: values.first_name.trim(),
          last_name: values.last_name.trim(),
        };
        if (user) {
          // What was not changed is not sent: it may need more than the rest, or be changed by others meanwhile.
          const changes = Object.fromEntries(
            Object.entries(body).filter(([name, value]) => user[name as keyof typeof body] !== value),
          );
          await api.PATCH("/users/{user}", { params: { path: { user: user.id } }, body: changes });
          await changed(...ofUsers);
          tell.done(c("saved"));
          return;
        }
        if (!body.administrator) {
          delete body.administrator;
        }
        const made = await done(api.POST("/users", { body }));
        await changed(...ofUsers);
        tell.done(t("made", { name: fullName(made) }));
        await navigate({ to: "/platform/users/$user", params: { user: made.id } });
      }}
    >
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <TextInput
          label={t("username")}
          required
          withAsterisk
          maxLength={100}
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          {...form.getInputProps("username")}
        />
        <TextInput
          label={t("email")}
          type="email"
          required
          withAsterisk
          autoComplete="off"
          {...form.getInputProps("email")}
        />
        <TextInput label={t("firstName")} autoComplete="off" {...form.getInputProps("first_name")} />
        <TextInput label={t("lastName")} autoComplete="off" {...form.getInputProps("last_name")} />
      </SimpleGrid>
      <Select label={t("language")} allowDeselect={false} data={tags} {...form.getInputProps("language")} />
      <Checkbox
        label={t("isTechnical")}
        description={t("isTechnicalText")}
        {...form.getInputProps("technical", { type: "checkbox" })}
      />
      {administers && (
        <Checkbox
          label={t("isAdministrator")}
          description={t("isAdministratorText")}
          {...form.getInputProps("administrator", { type: "checkbox" })}
        />
      )}
    </FormDialog>
  );
}

import { Alert, Checkbox, PasswordInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { useTell } from "~/shell/notices";
import { fullName } from "~/text/person";
import { ofUsers, type User } from "./user";

/** How long a password is at least, unless the server was told otherwise; it decides. */
const least = 15;

/** SetPassword gives somebody a password that he is told by other means. */
export function SetPassword({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useTranslations("users");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const form = useForm({
    initialValues: { password: "", sure: false },
    validate: {
      password: (password) => (password ? null : c("required")),
      sure: (sure) => (sure ? null : t("passwordSure")),
    },
  });
  return (
    <FormDialog
      title={t("passwordOf", { name: fullName(user) })}
      form={form}
      act={t("setPassword")}
      onClose={onClose}
      send={async ({ password }) => {
        await api.PUT("/users/{user}/password", { params: { path: { user: user.id } }, body: { password } });
        await changed(...ofUsers);
        tell.done(t("passwordSet", { name: fullName(user) }));
      }}
    >
      <PasswordInput
        label={t("password")}
        description={t("passwordRule", { least })}
        autoComplete="new-password"
        required
        withAsterisk
        data-autofocus
        {...form.getInputProps("password")}
      />
      <Alert color="yellow">{t("passwordText")}</Alert>
      <Checkbox label={t("passwordSure")} {...form.getInputProps("sure", { type: "checkbox" })} />
    </FormDialog>
  );
}

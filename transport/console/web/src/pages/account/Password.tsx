import { Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { api } from "~/api/client";
import { AttemptButton, AttemptFailure } from "~/session/Attempting";
import { NewPassword } from "~/session/NewPassword";
import { usePasswordText } from "~/session/passwordText";
import { useSession, useUser } from "~/session/SessionProvider";
import { useAttempt } from "~/session/useAttempt";
import { useTell } from "~/shell/notices";

/** Password changes the reader's own. That ends all of his sessions; this one begins anew. */
export function Password() {
  const t = useTranslations("account");
  const s = useTranslations("session");
  const passwordText = usePasswordText();
  const tell = useTell();
  const user = useUser();
  const { signIn } = useSession();
  const trying = useAttempt();
  const form = useForm({ initialValues: { old_password: "", password: "" } });
  return (
    <form
      onSubmit={form.onSubmit((values) =>
        trying.attempt(
          async () => {
            await api.POST("/me/password", { body: values });
            form.reset();
            await signIn(user.username, values.password);
            tell.done(t("passwordChanged"));
          },
          ({ body: { field } }, error) => {
            if (!field || !(field in values)) {
              return false;
            }
            form.setFieldError(field, passwordText(error));
            return true;
          },
        ),
      )}
    >
      <Stack maw={480}>
        <Text>{t("passwordText")}</Text>
        <AttemptFailure of={trying} />
        <input type="text" autoComplete="username" value={user.username} readOnly hidden />
        <PasswordInput
          label={t("oldPassword")}
          autoComplete="current-password"
          required
          visibilityToggleButtonProps={{ "aria-label": s("showPassword"), tabIndex: 0 }}
          {...form.getInputProps("old_password")}
        />
        <NewPassword label={t("newPassword")} {...form.getInputProps("password")} />
        <Group>
          <AttemptButton of={trying}>{t("changePassword")}</AttemptButton>
        </Group>
      </Stack>
    </form>
  );
}

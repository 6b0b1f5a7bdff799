import { Alert, Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api } from "~/api/client";
import { type Problem, problemOf } from "~/api/problem";
import { NewPassword } from "~/session/NewPassword";
import { usePasswordText } from "~/session/passwordText";
import { useSignInText } from "~/session/problem";
import { useSession, useUser } from "~/session/SessionProvider";
import { clock, useWait } from "~/session/useWait";
import { useTell } from "~/shell/notices";

/** Password changes the reader's own. That ends all of his sessions; this one begins anew. */
export function Password() {
  const t = useTranslations("account");
  const s = useTranslations("session");
  const passwordText = usePasswordText();
  const text = useSignInText();
  const tell = useTell();
  const user = useUser();
  const { signIn } = useSession();
  const { left, until, wait } = useWait();
  const [failure, setFailure] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const form = useForm({ initialValues: { old_password: "", password: "" } });
  return (
    <form
      onSubmit={form.onSubmit(async (values) => {
        setBusy(true);
        setFailure(undefined);
        try {
          await api.POST("/me/password", { body: values });
          form.reset();
          await signIn(user.username, values.password);
          tell.done(t("passwordChanged"));
        } catch (error) {
          const problem = problemOf(error);
          const { field } = problem.body;
          if (field && field in values) {
            form.setFieldError(field, passwordText(error));
          } else {
            wait(problem);
            setFailure(problem);
          }
        }
        setBusy(false);
      })}
    >
      <Stack maw={480}>
        <Text>{t("passwordText")}</Text>
        {failure && (
          <Alert color="red" role="alert">
            {text(failure, until)}
          </Alert>
        )}
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
          <Button
            type="submit"
            loading={busy}
            disabled={left > 0}
            rightSection={left > 0 ? <span aria-hidden>{clock(left)}</span> : undefined}
          >
            {t("changePassword")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

import { Alert, Button, Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { type Problem, problemOf } from "~/api/problem";
import { useSignInText } from "./problem";
import { useSession } from "./SessionProvider";
import { clock, useWait } from "./useWait";

type Props = {
  /** Whose password it is; he is asked who he is where it is not said. */
  username?: string;
  /** What is said at the field of the username. */
  hint?: string;
  above?: ReactNode;
  below?: ReactNode;
  /** Another button, beside that which signs in. */
  beside?: ReactNode;
};

/** PasswordForm lets somebody in by password, and tells why not and how long he has to wait. */
export function PasswordForm({ username, hint, above, below, beside }: Props) {
  const t = useTranslations("session");
  const text = useSignInText();
  const { signIn } = useSession();
  const { left, until, wait } = useWait();
  const [failure, setFailure] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const form = useForm({ initialValues: { username: username ?? "", password: "" } });
  const button = (
    <Button
      type="submit"
      loading={busy}
      disabled={left > 0}
      rightSection={left > 0 ? <span aria-hidden>{clock(left)}</span> : undefined}
    >
      {t("signIn")}
    </Button>
  );
  return (
    <form
      onSubmit={form.onSubmit(async (values) => {
        setBusy(true);
        setFailure(undefined);
        try {
          await signIn(values.username.trim(), values.password);
        } catch (error) {
          const problem = problemOf(error);
          wait(problem);
          setFailure(problem);
          form.setFieldValue("password", "");
          setBusy(false);
        }
      })}
    >
      <Stack>
        {above}
        {failure && (
          <Alert color="red" role="alert">
            {text(failure, until)}
          </Alert>
        )}
        {username === undefined ? (
          <TextInput
            label={t("username")}
            description={hint}
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            autoFocus
            {...form.getInputProps("username")}
          />
        ) : (
          // Tells the browser's own keeper of passwords whose this is.
          <input type="text" name="username" autoComplete="username" value={username} readOnly hidden />
        )}
        <PasswordInput
          label={username === undefined ? t("password") : t("ended.password_label", { name: username })}
          autoComplete="current-password"
          required
          data-autofocus={username !== undefined || undefined}
          visibilityToggleButtonProps={{ "aria-label": t("showPassword"), tabIndex: 0 }}
          {...form.getInputProps("password")}
        />
        {below}
        {beside ? (
          <Group justify="flex-end">
            {beside}
            {button}
          </Group>
        ) : (
          button
        )}
      </Stack>
    </form>
  );
}

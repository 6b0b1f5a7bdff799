import { Group, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { AttemptButton, AttemptFailure } from "./Attempting";
import { useSession } from "./SessionProvider";
import { useAttempt } from "./useAttempt";

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
  const { signIn } = useSession();
  const trying = useAttempt();
  const form = useForm({ initialValues: { username: username ?? "", password: "" } });
  const button = <AttemptButton of={trying}>{t("signIn")}</AttemptButton>;
  return (
    <form
      onSubmit={form.onSubmit(({ username, password }) =>
        trying.attempt(
          () => signIn(username.trim(), password),
          () => {
            form.setFieldValue("password", "");
            return false;
          },
        ),
      )}
    >
      <Stack>
        {above}
        <AttemptFailure of={trying} />
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

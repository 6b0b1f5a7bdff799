import { Alert, Button, Divider, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { type Problem, problemOf } from "~/api/problem";
import { useSignInText } from "~/session/problem";
import { useSession } from "~/session/SessionProvider";
import { clock, useWait } from "~/session/useWait";
import { startOf } from "~/session/ways";

/** SignInForm lets somebody in by name and password, or at an identity provider, from where he comes back to a place. */
export function SignInForm({ back, hint }: { back: string; hint?: string }) {
  const t = useTranslations("session");
  const text = useSignInText();
  const { signIn } = useSession();
  const { left, until, wait } = useWait();
  const [failure, setFailure] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const ways = $api.useQuery("get", "/sign-in");
  const form = useForm({ initialValues: { username: "", password: "" } });
  return (
    <Stack>
      {ways.data?.password !== false && (
        <form
          onSubmit={form.onSubmit(async ({ username, password }) => {
            setBusy(true);
            setFailure(undefined);
            try {
              await signIn(username.trim(), password);
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
            {failure && (
              <Alert color="red" role="alert">
                {text(failure, until)}
              </Alert>
            )}
            <TextInput
              label={t("username")}
              description={hint ?? t("usernameHint")}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              autoFocus
              {...form.getInputProps("username")}
            />
            <PasswordInput
              label={t("password")}
              autoComplete="current-password"
              required
              visibilityToggleButtonProps={{ "aria-label": t("showPassword"), tabIndex: 0 }}
              {...form.getInputProps("password")}
            />
            <Button
              type="submit"
              loading={busy}
              disabled={left > 0}
              rightSection={left > 0 ? <span aria-hidden>{clock(left)}</span> : undefined}
            >
              {t("signIn")}
            </Button>
          </Stack>
        </form>
      )}
      {ways.data?.password && ways.data.providers.length > 0 && <Divider label={t("or")} />}
      {ways.data?.providers.map((p) => {
        const start = startOf(p, back);
        return (
          start && (
            <Button key={p.name} component="a" variant="default" href={start}>
              {t("with", { provider: p.title })}
            </Button>
          )
        );
      })}
    </Stack>
  );
}

import { Button, Divider, Stack } from "@mantine/core";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { PasswordForm } from "~/session/PasswordForm";
import { startOf } from "~/session/ways";

/** SignInForm lets somebody in by name and password, or at an identity provider, from where he comes back to a place. */
export function SignInForm({ back, hint }: { back: string; hint?: string }) {
  const t = useTranslations("session");
  const ways = $api.useQuery("get", "/sign-in");
  return (
    <Stack>
      {ways.data?.password !== false && <PasswordForm hint={hint ?? t("usernameHint")} />}
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

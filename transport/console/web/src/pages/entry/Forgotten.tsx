import { Alert, Anchor, Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMailForward } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api, api } from "~/api/client";
import { type Problem, problemOf } from "~/api/problem";
import { useSignInText } from "~/session/problem";
import { clock, useWait } from "~/session/useWait";
import { Entry } from "./Entry";

/** Forgotten asks for a mail to whoever has forgotten his password. It says the same whoever that is. */
export default function Forgotten() {
  const t = useTranslations("session.reset");
  const text = useSignInText();
  const ways = $api.useQuery("get", "/sign-in");
  const { left, until, wait } = useWait();
  const [asked, setAsked] = useState(false);
  const [failure, setFailure] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const form = useForm({ initialValues: { name: "" } });
  return (
    <Entry title={t("title")}>
      {asked ? (
        <Alert color="teal" role="status" icon={<IconMailForward aria-hidden />} title={t("sent")}>
          {t("sentText")}
        </Alert>
      ) : ways.data?.reset === false ? (
        <Alert color="yellow">{t("noMail")}</Alert>
      ) : (
        <form
          onSubmit={form.onSubmit(async ({ name }) => {
            setBusy(true);
            setFailure(undefined);
            try {
              await api.POST("/password-resets", { body: { name: name.trim() } });
              setAsked(true);
            } catch (error) {
              const problem = problemOf(error);
              wait(problem);
              setFailure(problem);
            }
            setBusy(false);
          })}
        >
          <Stack>
            <Text>{t("text")}</Text>
            {failure && (
              <Alert color="red" role="alert">
                {text(failure, until)}
              </Alert>
            )}
            <TextInput
              label={t("name")}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              autoFocus
              {...form.getInputProps("name")}
            />
            <Button
              type="submit"
              loading={busy}
              disabled={left > 0}
              rightSection={left > 0 ? <span aria-hidden>{clock(left)}</span> : undefined}
            >
              {t("ask")}
            </Button>
          </Stack>
        </form>
      )}
      <Anchor component={Link} to="/signin" size="sm">
        {t("back")}
      </Anchor>
    </Entry>
  );
}

import { Alert, Anchor, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconMailForward } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api, api } from "~/api/client";
import { AttemptButton, AttemptFailure } from "~/session/Attempting";
import { useAttempt } from "~/session/useAttempt";
import { Entry } from "./Entry";

/** Forgotten asks for a mail to whoever has forgotten his password. It says the same whoever that is. */
export default function Forgotten() {
  const t = useTranslations("session.reset");
  const ways = $api.useQuery("get", "/sign-in");
  const trying = useAttempt();
  const [asked, setAsked] = useState(false);
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
          onSubmit={form.onSubmit(({ name }) =>
            trying.attempt(async () => {
              await api.POST("/password-resets", { body: { name: name.trim() } });
              setAsked(true);
            }),
          )}
        >
          <Stack>
            <Text>{t("text")}</Text>
            <AttemptFailure of={trying} />
            <TextInput
              label={t("name")}
              autoComplete="username"
              autoCapitalize="none"
              spellCheck={false}
              required
              autoFocus
              {...form.getInputProps("name")}
            />
            <AttemptButton of={trying}>{t("ask")}</AttemptButton>
          </Stack>
        </form>
      )}
      <Anchor component={Link} to="/signin" size="sm">
        {t("back")}
      </Anchor>
    </Entry>
  );
}

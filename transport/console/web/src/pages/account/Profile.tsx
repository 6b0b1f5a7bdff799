import { Alert, Button, Group, Select, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api } from "~/api/client";
import { problemOf } from "~/api/problem";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { useSession, useUser } from "~/session/SessionProvider";
import { useTell } from "~/shell/notices";
import { languageOf, languages } from "~/text/catalog";
import { useProblemText } from "~/text/problem";
import { Time } from "~/text/Time";

/** Profile is who somebody is; his names and his language are his to change. */
export function Profile() {
  const t = useTranslations("account");
  const c = useTranslations("common");
  const problemText = useProblemText();
  const tell = useTell();
  const user = useUser();
  const { refresh } = useSession();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: {
      first_name: user.first_name,
      last_name: user.last_name,
      language: languageOf([user.language]) as string,
    },
  });
  return (
    <Stack maw={480}>
      <Facts
        of={[
          [t("username"), user.username],
          [t("email"), user.email],
          [t("since"), <Time key="since" at={user.created} day />],
        ]}
      />
      <form
        onSubmit={form.onSubmit(async (values) => {
          setBusy(true);
          setFailure(undefined);
          try {
            await api.PATCH("/me", { body: values });
            await refresh();
            form.resetDirty();
            tell.done(c("saved"));
          } catch (error) {
            const { field } = problemOf(error).body;
            if (field && field in values) {
              form.setFieldError(field, problemText(error));
            } else {
              setFailure(error);
            }
          }
          setBusy(false);
        })}
      >
        <Stack>
          <TextInput label={t("firstName")} autoComplete="given-name" {...form.getInputProps("first_name")} />
          <TextInput label={t("lastName")} autoComplete="family-name" {...form.getInputProps("last_name")} />
          <Select
            label={t("language")}
            description={t("languageText")}
            allowDeselect={false}
            data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
            {...form.getInputProps("language")}
          />
          {failure !== undefined && (
            <Alert color="red" role="alert">
              {problemText(failure)}
            </Alert>
          )}
          <Group>
            <Button type="submit" loading={busy}>
              {c("save")}
            </Button>
          </Group>
        </Stack>
      </form>
      <CopyField label={t("identifier")} value={user.id} />
    </Stack>
  );
}

import { Alert, Button, Group, Paper, SimpleGrid, Stack, Textarea, TextInput, Title } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { problemOf } from "~/api/problem";
import { CopyField } from "~/dialog/CopyField";
import { LimitField } from "~/quota/LimitField";
import { useTell } from "~/shell/notices";
import { useProblemText } from "~/text/problem";
import { type Organization, type OrganizationMay, ofOrganizations } from "./organization";
import { changesOf, type Written, written } from "./written";

/** Details are what is known of an organization; who may changes it here. */
export function Details({ organization, may }: { organization: Organization; may: OrganizationMay }) {
  const t = useTranslations("organizations");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const problemText = useProblemText();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const form = useForm<Written>({
    initialValues: written(organization),
    validate: {
      name: (name) => (name.trim() ? null : c("required")),
      siren: (siren) => (/^(\d{9})?$/.test(siren.trim()) ? null : t("digits", { count: 9 })),
      siret: (siret) => (/^(\d{14})?$/.test(siret.trim()) ? null : t("digits", { count: 14 })),
      uploads_quota: (quota) => (quota === "" ? c("required") : null),
      databases_quota: (quota) => (quota === "" ? c("required") : null),
    },
  });
  const [afresh, setAfresh] = useState(0); // fields of limits keep what is written in their unit
  const readOnly = !may("organization.update");
  const changes = changesOf(organization, form.values);

  const send = form.onSubmit(
    async () => {
      setBusy(true);
      setFailure(undefined);
      try {
        await api.PATCH("/organizations/{organization}", {
          params: { path: { organization: organization.id } },
          body: changes,
        });
        await changed(...ofOrganizations);
        tell.done(c("saved"));
      } catch (error) {
        const { field } = problemOf(error).body;
        if (field && field in form.values) {
          form.setFieldError(field, problemText(error));
        } else {
          setFailure(error);
        }
      }
      setBusy(false);
    },
    (errors) => document.getElementById(`organization-${Object.keys(errors)[0]}`)?.focus(),
  );

  const text = (name: keyof Written & string) => ({
    id: `organization-${name}`,
    readOnly,
    autoComplete: "off",
    ...form.getInputProps(name),
  });
  return (
    <form noValidate onSubmit={send}>
      <Stack gap="lg" maw={880}>
        <Paper withBorder p="md">
          <Stack>
            <Title order={2} size="h4">
              {t("who")}
            </Title>
            <TextInput label={t("name")} required withAsterisk={!readOnly} maxLength={99} {...text("name")} />
            <SimpleGrid cols={{ base: 1, sm: 3 }}>
              <TextInput
                label={t("siren")}
                description={t("digits", { count: 9 })}
                inputMode="numeric"
                {...text("siren")}
              />
              <TextInput
                label={t("siret")}
                description={t("digits", { count: 14 })}
                inputMode="numeric"
                {...text("siret")}
              />
              <TextInput label={t("vat")} description={t("vatText")} {...text("vat")} />
            </SimpleGrid>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput label={t("model")} {...text("economic_model")} />
              <TextInput label={t("network")} {...text("network")} />
            </SimpleGrid>
            <TextInput label={t("image")} type="url" {...text("image")} />
            <CopyField label={t("identifier")} description={t("identifierText")} value={organization.id} />
          </Stack>
        </Paper>
        <Paper withBorder p="md">
          <Stack>
            <Title order={2} size="h4">
              {t("reach")}
            </Title>
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <TextInput label={t("contact")} {...text("contact")} />
              <TextInput label={t("techContact")} {...text("tech_contact")} />
              <Textarea label={t("address")} autosize minRows={3} maxLength={1000} {...text("address")} />
              <Textarea label={t("billing")} autosize minRows={3} maxLength={1000} {...text("billing_address")} />
            </SimpleGrid>
            <Textarea label={t("note")} autosize minRows={2} maxLength={4000} {...text("note")} />
          </Stack>
        </Paper>
        {may("platform.allocate") && (
          <Paper withBorder p="md">
            <Stack>
              <Title order={2} size="h4">
                {t("quotas")}
              </Title>
              <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
                <LimitField
                  key={`databases ${afresh}`}
                  label={t("databasesQuota")}
                  description={t("databasesQuotaText")}
                  unit="bytes"
                  {...limit(form, "databases_quota")}
                />
                <LimitField
                  key={`uploads ${afresh}`}
                  label={t("uploadsQuota")}
                  description={t("uploadsQuotaText")}
                  unit="bytes"
                  {...limit(form, "uploads_quota")}
                />
              </SimpleGrid>
            </Stack>
          </Paper>
        )}
        {failure !== undefined && (
          <Alert color="red" role="alert">
            {problemText(failure)}
          </Alert>
        )}
        {!readOnly && (
          <Group>
            <Button type="submit" loading={busy} disabled={Object.keys(changes).length === 0}>
              {c("save")}
            </Button>
            <Button
              variant="default"
              disabled={busy || Object.keys(changes).length === 0}
              onClick={() => {
                form.reset();
                setAfresh(afresh + 1);
                setFailure(undefined);
              }}
            >
              {t("discard")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

/** limit returns what a field of a limit is told and tells. */
type Form = Pick<UseFormReturnType<Written>, "values" | "errors" | "setFieldValue">;

function limit(form: Form, name: "databases_quota" | "uploads_quota") {
  return {
    value: form.values[name],
    error: form.errors[name],
    onChange: (value: number | null | "") => form.setFieldValue(name, value),
  };
}

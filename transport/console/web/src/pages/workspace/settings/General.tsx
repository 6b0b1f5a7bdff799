import { Alert, Button, Group, NumberInput, SimpleGrid, Stack, Switch, Text, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { problemOf } from "~/api/problem";
import { Card } from "~/chart/Card";
import { useTell } from "~/shell/notices";
import { useProblemText } from "~/text/problem";
import type { Workspace } from "../workspace";
import { patchOf, type Values, valuesOf } from "./values";

type Props = { workspace: Workspace; updates: boolean; manages: boolean };

/** General is what a workspace is called and what it is about (J-50). */
export function General({ workspace, updates, manages }: Props) {
  const t = useTranslations("settings");
  const c = useTranslations("common");
  const problemText = useProblemText();
  const changed = useChanged();
  const tell = useTell();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const form = useForm<Values>({
    initialValues: valuesOf(workspace),
    validate: {
      name: (v) => (v.trim() ? null : c("required")),
      technical_name: (v) =>
        /^[A-Za-z0-9_.-]{1,30}$/.test(v.trim()) && !/^\.+$/.test(v.trim()) ? null : t("general.badTechnicalName"),
      gross_area: (v) => (/^(\d{1,12}(\.\d{1,4})?)?$/.test(v.trim()) ? null : t("general.badArea")),
    },
  });
  const patch = patchOf(valuesOf(workspace), form.values);
  const dirty = Object.keys(patch).length > 0;
  const save = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await api.PATCH("/workspaces/{workspace}", { params: { path: { workspace: workspace.id } }, body: patch });
      await changed("/workspaces/{workspace}", "/me/workspaces", "/workspaces");
      tell.done(c("saved"));
    } catch (error) {
      const field = problemOf(error).body.field?.replace(/^project\./, "");
      const named = field === "constructor" ? "constructor_" : field;
      if (named && Object.hasOwn(form.getValues(), named)) {
        form.setFieldError(named, problemText(error));
      } else {
        setFailure(error);
      }
    } finally {
      setBusy(false);
    }
  };
  const field = { readOnly: !updates, variant: updates ? undefined : "filled" };
  return (
    <Card title={t("general.title")}>
      <form noValidate onSubmit={form.onSubmit(() => void save())}>
        <Stack gap="sm">
          <TextInput
            label={t("general.name")}
            required
            withAsterisk
            maxLength={99}
            {...field}
            {...form.getInputProps("name")}
          />
          {manages && (
            <TextInput
              label={t("general.technicalName")}
              description={t("general.technicalNameText")}
              required
              withAsterisk
              maxLength={30}
              {...form.getInputProps("technical_name")}
            />
          )}
          <Textarea
            label={t("general.description")}
            autosize
            minRows={2}
            maxRows={8}
            {...field}
            {...form.getInputProps("description")}
          />
          <TextInput
            label={t("general.contact")}
            description={t("general.contactText")}
            {...field}
            {...form.getInputProps("contact")}
          />
          <Switch
            label={t("general.public")}
            description={t("general.publicText")}
            disabled={!updates}
            {...form.getInputProps("public", { type: "checkbox" })}
          />
          <Stack gap={4} mt="xs" component="fieldset" bd={0} p={0} m={0}>
            <Text component="legend" fw={600} size="sm">
              {t("project.title")}
            </Text>
            <Text size="xs" c="dimmed">
              {t("project.text")}
            </Text>
            <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
              <TextInput label={t("project.number")} maxLength={30} {...field} {...form.getInputProps("number")} />
              <TextInput
                label={t("project.constructor")}
                maxLength={255}
                {...field}
                {...form.getInputProps("constructor_")}
              />
              <TextInput label={t("project.status")} maxLength={99} {...field} {...form.getInputProps("status")} />
              <NumberInput
                label={t("project.type")}
                allowDecimal={false}
                hideControls
                {...field}
                {...form.getInputProps("type")}
              />
              <TextInput
                label={t("project.area")}
                inputMode="decimal"
                {...field}
                {...form.getInputProps("gross_area")}
              />
            </SimpleGrid>
          </Stack>
          {failure !== undefined && (
            <Alert color="red" role="alert">
              {problemText(failure)}
            </Alert>
          )}
          {(updates || manages) && (
            <Group justify="flex-end">
              <Button
                variant="default"
                disabled={!dirty || busy}
                onClick={() => {
                  form.setValues(valuesOf(workspace));
                  form.clearErrors();
                  setFailure(undefined);
                }}
              >
                {t("general.undo")}
              </Button>
              <Button type="submit" loading={busy} disabled={!dirty}>
                {c("save")}
              </Button>
            </Group>
          )}
        </Stack>
      </form>
    </Card>
  );
}

import { Alert, Badge, Button, Group, SimpleGrid, Stack, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconArrowBackUp } from "@tabler/icons-react";
import { type FocusEvent, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { problemOf } from "~/api/problem";
import { useTell } from "~/shell/notices";
import { useProblemText } from "~/text/problem";
import { Time } from "~/text/Time";
import type { Organization } from "../organization";
import { type Letter, type MailTemplate, placeOf } from "./letter";
import { MailPreview } from "./MailPreview";
import { ResetTemplate } from "./ResetTemplate";
import { useChecked } from "./useChecked";
import { Values } from "./Values";

type Field = keyof Letter;
type Written = HTMLInputElement | HTMLTextAreaElement;

const monospace = { input: { fontFamily: "var(--mantine-font-family-monospace)" } };

/** TemplateEditor is where a template is written, with the mail that it makes beside it. */
export function TemplateEditor({ organization, template }: { organization: Organization; template: MailTemplate }) {
  const t = useTranslations("mail");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const problemText = useProblemText();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [resetting, setResetting] = useState(false);
  const last = useRef<{ field: Field; at: Written }>(undefined);
  const form = useForm<Letter>({
    initialValues: { subject: template.subject, html: template.html, text: template.text },
  });
  const { subject, html, text } = form.values;
  const isChanged = subject !== template.subject || html !== template.html || text !== template.text;
  const wrong = useChecked(organization.id, template.id, form.values, isChanged);

  async function save() {
    setBusy(true);
    setFailure(undefined);
    try {
      await api.PUT("/organizations/{organization}/mail-templates/{template}", {
        params: { path: { organization: organization.id, template: template.id } },
        body: form.values,
      });
      await changed(
        "/organizations/{organization}/mail-templates",
        "/organizations/{organization}/mail-templates/{template}",
        "/organizations/{organization}/mail-templates/{template}/preview",
      );
      tell.done(t("saved"));
    } catch (error) {
      const { field } = problemOf(error).body;
      if (field && field in form.values) {
        form.setFieldError(field, problemText(error));
        document.getElementById(`mail-${field}`)?.focus();
      } else {
        setFailure(error);
      }
    }
    setBusy(false);
  }

  /** Puts a value where the cursor was last, in the subject if it was nowhere. */
  function insert(value: string) {
    const field = last.current?.field ?? "subject";
    const at = last.current?.at ?? document.getElementById("mail-subject");
    if (!(at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement)) {
      return;
    }
    const place = placeOf(value);
    const from = at.selectionStart ?? at.value.length;
    const to = at.selectionEnd ?? from;
    form.setFieldValue(field, at.value.slice(0, from) + place + at.value.slice(to));
    at.focus();
    requestAnimationFrame(() => at.setSelectionRange(from + place.length, from + place.length));
  }

  const field = (name: Field) => ({
    id: `mail-${name}`,
    required: true,
    withAsterisk: true,
    spellCheck: false,
    styles: monospace,
    ...form.getInputProps(name),
    error: form.errors[name] ?? (wrong?.field === name ? wrong.text : undefined),
    onFocus: (event: FocusEvent<Written>) => {
      last.current = { field: name, at: event.currentTarget };
    },
  });

  return (
    <>
      <Group gap="sm">
        <Badge variant={template.custom ? "light" : "default"} tt="none">
          {t(template.custom ? "own" : "common")}
        </Badge>
        {template.updated && <Time at={template.updated} />}
      </Group>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
        <form
          noValidate
          onSubmit={(event) => {
            event.preventDefault();
            void save();
          }}
        >
          <Stack>
            <Values of={template.values} insert={insert} />
            <TextInput label={t("subject")} maxLength={500} {...field("subject")} />
            <Textarea label={t("html")} description={t("htmlText")} rows={16} {...field("html")} />
            <Textarea label={t("plain")} description={t("plainText")} rows={12} {...field("text")} />
            {(failure !== undefined || wrong?.other) && (
              <Alert color="red" role="alert">
                {failure !== undefined ? problemText(failure) : wrong?.text}
              </Alert>
            )}
            <Group>
              <Button type="submit" loading={busy} disabled={!isChanged}>
                {c("save")}
              </Button>
              <Button variant="default" disabled={!isChanged || busy} onClick={() => form.reset()}>
                {t("discard")}
              </Button>
              {template.custom && (
                <Button
                  variant="subtle"
                  color="red"
                  leftSection={<IconArrowBackUp size={16} aria-hidden />}
                  onClick={() => setResetting(true)}
                >
                  {t("reset")}
                </Button>
              )}
            </Group>
          </Stack>
        </form>
        <MailPreview organization={organization.id} template={template} letter={form.values} isChanged={isChanged} />
      </SimpleGrid>
      {resetting && (
        <ResetTemplate organization={organization} template={template} onClose={() => setResetting(false)} />
      )}
    </>
  );
}

import { Autocomplete, Select, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api, done } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import type { Organization } from "../organization";
import { useKindName, useLanguageName } from "./words";

const list = "/organizations/{organization}/mail-templates";

type Props = { organization: Organization; onClose: () => void; added: (id: string) => Promise<void> | void };

/** Languages that are proposed; any other can be written. */
const proposed = [
  "ar",
  "cs",
  "da",
  "de",
  "el",
  "fi",
  "fr-CA",
  "hu",
  "it",
  "ja",
  "nb",
  "nl",
  "pl",
  "pt",
  "pt-BR",
  "ro",
  "sv",
  "tr",
  "uk",
  "zh",
];

/** AddLanguage begins a template in a language that there is none in, with the words of another. */
export function AddLanguage({ organization, onClose, added }: Props) {
  const t = useTranslations("mail");
  const c = useTranslations("common");
  const changed = useChanged();
  const kindName = useKindName();
  const languageName = useLanguageName();
  const { data } = $api.useQuery("get", list, {
    params: { path: { organization: organization.id }, query: { limit: 200 } },
  });
  const templates = data?.items ?? [];
  const form = useForm({
    initialValues: { kind: null as string | null, language: "", from: "en" },
    validate: {
      kind: (kind) => (kind ? null : c("required")),
      language: (language, { kind }) =>
        !/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/.test(language.trim())
          ? t("languageRule")
          : templates.some((m) => m.kind === kind && m.language.toLowerCase() === language.trim().toLowerCase())
            ? t("languageThere")
            : null,
    },
  });
  const kinds = [...new Set(templates.map((m) => m.kind))];
  const sources = templates.filter((m) => m.kind === form.values.kind);
  return (
    <FormDialog
      title={t("addLanguage")}
      form={form}
      act={c("create")}
      fields={{ template: "language" }}
      onClose={onClose}
      send={async ({ kind, language, from }) => {
        const source = sources.find((m) => m.language === from) ?? sources[0];
        const made = await done(
          api.PUT("/organizations/{organization}/mail-templates/{template}", {
            params: { path: { organization: organization.id, template: `${kind}.${language.trim()}` } },
            body: { subject: source?.subject ?? "", text: source?.text ?? "", html: source?.html ?? "" },
          }),
        );
        await changed(list);
        await added(made.id);
      }}
    >
      <Text size="sm">{t("addLanguageText")}</Text>
      <Select
        label={t("kind")}
        required
        withAsterisk
        allowDeselect={false}
        data={kinds.map((value) => ({ value, label: kindName(value) }))}
        data-autofocus
        {...form.getInputProps("kind")}
      />
      <Autocomplete
        label={t("language")}
        description={t("languageRule")}
        required
        withAsterisk
        data={proposed}
        renderOption={({ option }) => `${option.value} – ${languageName(option.value)}`}
        {...form.getInputProps("language")}
      />
      <Select
        label={t("from")}
        allowDeselect={false}
        data={[...new Set(sources.map((m) => m.language))].map((value) => ({ value, label: languageName(value) }))}
        disabled={sources.length === 0}
        {...form.getInputProps("from")}
      />
    </FormDialog>
  );
}

import { NumberInput, Select, Switch, Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { useClasses, useClassName } from "~/explain/classes";
import { useTell } from "~/shell/notices";
import { goesInto, type Needed, neededBy, settingsOf } from "./hierarchy";
import { LinkSelect } from "./LinkSelect";
import type { NodeDialogProps } from "./NodeActions";

/** What is written: the names, and the needed settings of the class by their place. */
type Values = { class: string | null; display_name: string; keyname: string; description: string } & {
  [setting: string]: string | number | boolean | null;
};

/** CreateDialog makes a resource in a node, of a class that goes there, with what its class cannot be without. */
export function CreateDialog({ node, told, onClose }: NodeDialogProps) {
  const t = useTranslations("resources");
  const c = useTranslations("common");
  const tell = useTell();
  const classes = useClasses();
  const className = useClassName();
  const offered = classes.filter((k) => goesInto(k, node.class));
  const only = offered.length === 1 ? offered[0]?.name : undefined;
  const first = offered.some((k) => k.name === "resource_group") ? "resource_group" : (only ?? null);
  const form = useForm<Values>({
    initialValues: { class: first, display_name: "", keyname: "", description: "" },
    validate: (values) => ({
      class: values.class ? null : c("required"),
      display_name: values.display_name.trim() ? null : c("required"),
      ...Object.fromEntries(
        neededBy(classes.find((k) => k.name === values.class))
          .filter(({ key, attribute }) => attribute.kind !== "flag" && (values[key] ?? "") === "")
          .map(({ key }) => [key, c("required")]),
      ),
    }),
  });
  const needed = neededBy(classes.find((k) => k.name === form.values.class));
  const categories = [...new Set(offered.map((k) => k.category))];
  return (
    <FormDialog
      title={t("createTitle", { name: node.display_name })}
      form={form}
      act={c("create")}
      fields={Object.fromEntries(needed.map((n) => [`settings.${n.path.join(".")}`, n.key]))}
      onClose={onClose}
      send={async (values) => {
        const body = {
          parent: node.num,
          class: values.class ?? "",
          display_name: values.display_name.trim(),
          keyname: values.keyname.trim() || undefined,
          description: values.description.trim() || undefined,
          settings: settingsOf(needed, values),
        };
        const made = await done(api.POST("/resources", { body }));
        tell.done(t("made", { name: made.display_name }));
        await told([node.num, node.parent], made.num);
      }}
    >
      <Select
        label={t("class")}
        withAsterisk
        searchable
        allowDeselect={false}
        data={categories.map((category) => ({
          group: t(`category.${known(category)}`),
          items: offered
            .filter((k) => k.category === category)
            .map((k) => ({ value: k.name, label: className(k.name) })),
        }))}
        {...form.getInputProps("class")}
      />
      <TextInput
        label={t("name")}
        withAsterisk
        required
        maxLength={255}
        data-autofocus
        {...form.getInputProps("display_name")}
      />
      {needed.map((n) => (
        <NeededField key={n.key} needed={n} input={form.getInputProps(n.key)} />
      ))}
      <TextInput label={t("keyname")} description={t("keynameText")} {...form.getInputProps("keyname")} />
      <Textarea label={t("description")} autosize minRows={2} maxRows={8} {...form.getInputProps("description")} />
    </FormDialog>
  );
}

const categories = [
  "external_connections",
  "field_data_collection",
  "layers_and_styles",
  "maps_and_services",
  "miscellaneous",
] as const;

function known(category: string): (typeof categories)[number] {
  return categories.find((k) => k === category) ?? "miscellaneous";
}

function NeededField({
  needed,
  input,
}: {
  needed: Needed;
  input: ReturnType<ReturnType<typeof useForm>["getInputProps"]>;
}) {
  const { attribute, path } = needed;
  const label = path.slice(1).join(" · ");
  if (attribute.kind === "link") {
    return <LinkSelect label={label} classes={attribute.classes ?? []} {...input} value={input.value ?? null} />;
  }
  if (attribute.one_of) {
    return (
      <Select
        label={label}
        withAsterisk
        searchable
        data={attribute.one_of.map((v) => String(v))}
        {...input}
        value={input.value ?? null}
      />
    );
  }
  if (attribute.kind === "integer" || attribute.kind === "number") {
    return (
      <NumberInput
        label={label}
        withAsterisk
        min={attribute.min}
        max={attribute.max}
        allowDecimal={attribute.kind === "number"}
        {...input}
        value={input.value ?? ""}
      />
    );
  }
  if (attribute.kind === "flag") {
    return <Switch label={label} checked={input.value === true} onChange={input.onChange} />;
  }
  return <TextInput label={label} withAsterisk {...input} value={input.value ?? ""} />;
}

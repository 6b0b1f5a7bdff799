import { Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { api } from "~/api/client";
import { Problem } from "~/api/problem";
import { FormDialog } from "~/dialog/FormDialog";
import { useTell } from "~/shell/notices";
import type { NodeDialogProps } from "./NodeActions";

type Props = NodeDialogProps & {
  /** Its names may be changed. */
  names: boolean;
  /** Its description may. */
  words: boolean;
};

/** EditDialog changes what a resource is called, and what is said of it. */
export function EditDialog({ node, told, onClose, names, words }: Props) {
  const t = useTranslations("resources");
  const c = useTranslations("common");
  const tell = useTell();
  const form = useForm({
    initialValues: {
      display_name: node.display_name,
      keyname: node.keyname ?? "",
      description: node.description,
    },
    validate: { display_name: (v) => (v.trim() ? null : c("required")) },
  });
  return (
    <FormDialog
      title={t("editTitle", { name: node.display_name })}
      form={form}
      act={c("save")}
      onClose={onClose}
      send={async (values) => {
        const path = { resource: node.num };
        const now = await api.GET("/resources/{resource}", { params: { path } });
        if (now.data?.updated !== node.updated) {
          throw new Problem({ status: 412, code: "precondition_failed", title: "changed" });
        }
        await api.PATCH("/resources/{resource}", {
          params: { path, header: { "If-Match": now.response.headers.get("ETag") ?? undefined } },
          body: {
            ...(names && { display_name: values.display_name.trim(), keyname: values.keyname.trim() || null }),
            ...(words && { description: values.description }),
          },
        });
        tell.done(c("saved"));
        await told([node.parent]);
      }}
    >
      {names && (
        <>
          <TextInput
            label={t("name")}
            withAsterisk
            required
            maxLength={255}
            data-autofocus
            {...form.getInputProps("display_name")}
          />
          <TextInput label={t("keyname")} description={t("keynameText")} {...form.getInputProps("keyname")} />
        </>
      )}
      {words && (
        <Textarea
          label={t("description")}
          description={t("descriptionText")}
          autosize
          minRows={3}
          maxRows={12}
          {...form.getInputProps("description")}
        />
      )}
    </FormDialog>
  );
}

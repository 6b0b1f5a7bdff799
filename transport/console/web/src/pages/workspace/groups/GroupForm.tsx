import { Textarea, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { useTell } from "~/shell/notices";
import { type Group, ofGroups } from "./group";

type Props = {
  workspace: string;
  /** Which is changed; a new one without. */
  group?: Group;
  onClose: () => void;
  onMade?: (group: Group) => void;
};

/** GroupForm names a group, new or not. */
export function GroupForm({ workspace, group, onClose, onMade }: Props) {
  const t = useTranslations("groups");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const form = useForm({
    initialValues: { name: group?.name ?? "", description: group?.description ?? "" },
    validate: {
      name: (name) => {
        const { length } = [...name.trim()];
        return length < 2 || length > 250 ? t("nameText") : null;
      },
    },
  });
  return (
    <FormDialog
      title={group ? t("modifyOf", { name: group.name }) : t("create")}
      form={form}
      act={group ? c("save") : c("create")}
      onClose={onClose}
      send={async ({ name, description }) => {
        const body = { name: name.trim(), description: description.trim() };
        if (group) {
          await api.PATCH("/groups/{group}", { params: { path: { group: group.id } }, body });
          await changed(...ofGroups);
          tell.done(c("saved"));
          return;
        }
        const made = await done(api.POST("/workspaces/{workspace}/groups", { params: { path: { workspace } }, body }));
        await changed(...ofGroups);
        tell.done(t("made", { name: made.name }));
        onMade?.(made);
      }}
    >
      <TextInput
        label={t("name")}
        description={t("nameText")}
        withAsterisk
        required
        maxLength={250}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <Textarea label={t("description")} autosize minRows={2} maxRows={6} {...form.getInputProps("description")} />
    </FormDialog>
  );
}

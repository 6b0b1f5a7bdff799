import { MultiSelect, Select } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { useRoleName } from "~/text/words";
import { useWorkspace } from "../workspace";
import { correspondence, roles } from "./words";

export type Gives = { role: string; language: string; groups: string[] };

/** InvitationFields are what an invitation gives, and the language that it speaks. */
export function InvitationFields<Values extends Gives>({ form }: { form: UseFormReturnType<Values> }) {
  const t = useTranslations("invitations");
  const roleName = useRoleName();
  const { workspace } = useWorkspace();
  const groups = $api.useQuery("get", "/workspaces/{workspace}/groups", {
    params: { path: { workspace: workspace.id }, query: { limit: 200, sort: "name" } },
  });
  const known = groups.data?.items ?? [];
  return (
    <>
      <Select
        label={t("role")}
        description={t("roleText")}
        withAsterisk
        required
        allowDeselect={false}
        data={roles.map((value) => ({ value, label: roleName(value) }))}
        {...form.getInputProps("role")}
      />
      <Select
        label={t("language")}
        description={t("languageText")}
        withAsterisk
        required
        allowDeselect={false}
        data={correspondence}
        {...form.getInputProps("language")}
      />
      {known.length > 0 && (
        <MultiSelect
          label={t("groups")}
          searchable
          clearable
          clearButtonProps={{ "aria-label": t("noGroups") }}
          data={known.map((g) => ({ value: g.id, label: g.name }))}
          {...form.getInputProps("groups")}
        />
      )}
    </>
  );
}

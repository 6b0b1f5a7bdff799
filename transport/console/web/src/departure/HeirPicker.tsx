import { Select, Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Failure } from "~/shell/Failure";
import { useRoleNames } from "~/text/words";
import { useHeirs } from "./heirs";

type Props = {
  workspace: string;
  principal: number;
  without?: readonly number[];
  label?: string;
  value: number | null;
  onChange: (heir: number | null) => void;
  error?: ReactNode;
  disabled?: boolean;
};

const nobody: readonly number[] = [];

/** HeirPicker chooses who owns in place of another: an Editor or more, as groups, keys and Viewers own nothing (JA-5). */
export function HeirPicker({ workspace, principal, without = nobody, value, onChange, ...props }: Props) {
  const t = useTranslations("members");
  const roleNames = useRoleNames();
  const { heirs, error, retry } = useHeirs(workspace, principal, without);
  if (error) {
    return <Failure error={error} retry={retry} />;
  }
  const byNumber = new Map(heirs?.map((h) => [String(h.principal), h]));
  return (
    <Stack gap={4}>
      <Select
        label={props.label ?? t("departure.heir")}
        placeholder={heirs?.length === 0 ? t("departure.noHeirs") : t("departure.choose")}
        error={props.error}
        disabled={props.disabled || heirs?.length === 0}
        withAsterisk
        required
        searchable
        allowDeselect={false}
        nothingFoundMessage={t("departure.nobodyFound")}
        maxDropdownHeight={280}
        data={(heirs ?? []).map((h) => ({ value: String(h.principal), label: `${h.name} (${h.email})` }))}
        renderOption={({ option }) => {
          const heir = byNumber.get(option.value);
          return (
            <div style={{ overflowWrap: "anywhere" }}>
              <Text size="sm">{heir?.name}</Text>
              <Text size="xs" c="dimmed">
                {[heir?.email, heir && heir.roles.length > 0 && roleNames(heir.roles)].filter(Boolean).join(" · ")}
              </Text>
            </div>
          );
        }}
        value={value === null ? null : String(value)}
        onChange={(heir) => onChange(heir === null ? null : Number(heir))}
      />
      {heirs?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("departure.noHeirsText")}
        </Text>
      )}
    </Stack>
  );
}

import { Stack, Text } from "@mantine/core";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { Finder, useFinder } from "~/field/Finder";
import { Failure } from "~/shell/Failure";
import { useRoleNames } from "~/text/words";
import { type Heir, useHeirs } from "./heirs";

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

/** HeirPicker finds who owns in place of another: an Editor or more, as groups, keys and Viewers own nothing (JA-5). */
export function HeirPicker({ workspace, principal, without = nobody, label, value, onChange, ...props }: Props) {
  const t = useTranslations("members");
  const roleNames = useRoleNames();
  const finder = useFinder<Heir>((h) => `${h.name} (${h.email})`);
  const { heirs, none, busy, error, retry } = useHeirs(workspace, principal, without, finder.q);
  if (error) {
    return <Failure error={error} retry={retry} />;
  }
  return (
    <Stack gap={4}>
      <Finder
        label={label ?? t("departure.heir")}
        placeholder={none ? t("departure.noHeirs") : t("departure.choose")}
        error={props.error}
        disabled={props.disabled || none}
        required
        finder={finder}
        found={heirs}
        busy={busy}
        id={(h) => String(h.principal)}
        detail={(h) => roleNames(h.roles)}
        nothing={t("departure.nobodyFound")}
        value={value === null ? null : String(value)}
        onChange={(heir) => onChange(heir === null ? null : Number(heir))}
      />
      {none && (
        <Text size="sm" c="dimmed">
          {t("departure.noHeirsText")}
        </Text>
      )}
    </Stack>
  );
}

import { Alert, Checkbox, List, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { useClassName } from "~/explain/classes";
import type { Disposal } from "./disposal";
import { HeirPicker } from "./HeirPicker";

export type HoldingsChoiceProps = {
  /** The id of the workspace that it is in. */
  workspace: string;
  /** What the workspace is called, where more than one is asked about. */
  within?: string;
  /** The number of the member or key who leaves. */
  principal: number;
  value: Disposal;
  onChange: (value: Disposal) => void;
  /** How much is owned, by class. */
  owned?: readonly (readonly [name: string, count: number])[];
  /** Something elsewhere needs what would go: ask whether that lets go of it. */
  needed?: boolean;
  /** Others who leave as well, and inherit nothing. */
  without?: readonly number[];
  /** What is wrong with the choice. */
  error?: ReactNode;
  disabled?: boolean;
};

/**
 * HoldingsChoice asks what is to become of what somebody owns who leaves: an Editor or Administrator owns it in his place
 * (J-29, J-43), or what he owns alone goes with all below it (J-32, J-45).
 */
export function HoldingsChoice(props: HoldingsChoiceProps) {
  const { value, onChange, within, owned = [] } = props;
  const t = useTranslations("members");
  const className = useClassName();
  return (
    <fieldset style={{ border: 0, margin: 0, padding: 0, minWidth: 0 }}>
      <Text component="legend" size="sm" fw={600} p={0} mb={4}>
        <span style={{ overflowWrap: "anywhere" }}>
          {within === undefined ? t("departure.owned") : t("departure.ownedIn", { workspace: within })}
        </span>
      </Text>
      <Stack gap="sm">
        {owned.length > 0 && (
          <List size="sm">
            {owned.map(([name, count]) => (
              <List.Item key={name}>{t("departure.ownedOf", { class: className(name), count })}</List.Item>
            ))}
          </List>
        )}
        <Checkbox
          label={t("departure.transfer")}
          description={t("departure.transferText")}
          checked={value.transfer}
          disabled={props.disabled}
          onChange={(event) => onChange({ ...value, transfer: event.currentTarget.checked })}
        />
        {value.transfer ? (
          <HeirPicker
            workspace={props.workspace}
            principal={props.principal}
            without={props.without}
            value={value.heir}
            error={props.error}
            disabled={props.disabled}
            onChange={(heir) => onChange({ ...value, heir })}
          />
        ) : (
          <Alert color="red" icon={<IconAlertTriangle aria-hidden />}>
            {t("departure.deleteText")}
          </Alert>
        )}
        {!value.transfer && (props.needed || value.cascade) && (
          <Checkbox
            label={t("departure.cascade")}
            description={t("departure.cascadeText")}
            checked={value.cascade}
            disabled={props.disabled}
            onChange={(event) => onChange({ ...value, cascade: event.currentTarget.checked })}
          />
        )}
      </Stack>
    </fieldset>
  );
}

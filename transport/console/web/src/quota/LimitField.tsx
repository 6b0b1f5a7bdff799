import { Checkbox, Group, NumberInput, Select, Stack } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useFormatter, useTranslations } from "use-intl";
import type { Unit } from "~/text/amount";
import { join, type Step, split, steps } from "./bytes";

type Props = {
  label: string;
  description?: string;
  unit?: Unit;
  /** Null for no bound; an empty text while nothing is written. */
  value: number | null | "";
  error?: ReactNode;
  onChange: (value: number | null | "") => void;
};

/** The greatest amount that is exact in a browser. */
const most = Number.MAX_SAFE_INTEGER;

/** LimitField is where a limit is written: a number, bytes in a unit of one's choice, or that there is none. */
export function LimitField({ label, description, unit = "count", value, error, onChange }: Props) {
  const t = useTranslations("pools.quota");
  const format = useFormatter();
  const bytes = unit === "bytes";
  const [step, setStep] = useState<Step>(() => (typeof value === "number" ? split(value).step : "gigabyte"));
  const [amount, setAmount] = useState<number | "">(() =>
    typeof value === "number" ? (bytes ? split(value).amount : value) : "",
  );
  const tell = (n: number | "", s: Step) => {
    setAmount(n);
    setStep(s);
    onChange(n === "" ? "" : bytes ? join(n, s) : n);
  };
  return (
    <Stack gap="xs">
      <Group align="flex-end" gap="xs" wrap="nowrap">
        <NumberInput
          flex={1}
          label={label}
          description={description}
          error={error}
          withAsterisk
          required={value !== null}
          disabled={value === null}
          hideControls
          min={0}
          max={most}
          clampBehavior="none"
          allowNegative={false}
          decimalScale={bytes ? 3 : 0}
          value={value === null ? "" : amount}
          onChange={(n) => tell(typeof n === "number" ? n : n === "" ? "" : Number(n) || "", step)}
        />
        {bytes && (
          <Select
            w={110}
            aria-label={t("unit")}
            disabled={value === null}
            allowDeselect={false}
            data={steps.map((s) => ({ value: s.value, label: unitName(format, s.value) }))}
            value={step}
            onChange={(s) => tell(amount, (s as Step | null) ?? step)}
          />
        )}
      </Group>
      <Checkbox
        label={t("noLimit")}
        checked={value === null}
        onChange={(event) =>
          onChange(event.currentTarget.checked ? null : amount === "" ? "" : bytes ? join(amount, step) : amount)
        }
      />
    </Stack>
  );
}

/** unitName returns the short sign of a unit in the reader's language: "GB", "Go". */
function unitName(format: ReturnType<typeof useFormatter>, unit: Step): string {
  return format.number(1, { style: "unit", unit, unitDisplay: "short" }).replace(/^[\d\s ]+/, "");
}

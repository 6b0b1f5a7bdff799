import { useFormatter } from "use-intl";

export type Unit = "bytes" | "count" | "none";

const steps = ["byte", "kilobyte", "megabyte", "gigabyte", "terabyte", "petabyte"] as const;

/** useAmount returns what writes an amount of a facility: bytes in the unit that fits (powers of 1000), counts as numbers. */
export function useAmount(): (amount: number, unit?: Unit) => string {
  const format = useFormatter();
  return (amount, unit = "count") => {
    if (unit !== "bytes") {
      return format.number(amount);
    }
    let step = 0;
    let value = amount;
    while (Math.abs(value) >= 1000 && step < steps.length - 1) {
      value /= 1000;
      step++;
    }
    return format.number(value, {
      style: "unit",
      unit: steps[step] ?? "byte",
      unitDisplay: step > 0 ? "short" : "long", // the short of bytes has no plural
      maximumFractionDigits: value < 10 && step > 0 ? 1 : 0,
    });
  };
}

/** Units that amounts of bytes are written in, in powers of 1000. */
export const steps = [
  { value: "kilobyte", factor: 1e3 },
  { value: "megabyte", factor: 1e6 },
  { value: "gigabyte", factor: 1e9 },
  { value: "terabyte", factor: 1e12 },
  { value: "petabyte", factor: 1e15 },
] as const;
export type Step = (typeof steps)[number]["value"];

/** split returns a number of bytes in the largest unit that writes it with three decimals or fewer. */
export function split(bytes: number): { amount: number; step: Step } {
  for (const { value, factor } of [...steps].reverse()) {
    const amount = bytes / factor;
    if (amount >= 1 && Number.isInteger(Math.round(amount * 1e9) / 1e6)) {
      return { amount: Math.round(amount * 1000) / 1000, step: value };
    }
  }
  return bytes === 0 ? { amount: 0, step: "gigabyte" } : { amount: bytes / 1000, step: "kilobyte" };
}

/** join returns how many bytes an amount of a unit is. */
export function join(amount: number, step: Step): number {
  return Math.round(amount * (steps.find((s) => s.value === step)?.factor ?? 1));
}

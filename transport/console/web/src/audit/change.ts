/** A Changed is one thing that an event set: what it was and what it is, each as a text; nothing where it was not. */
export type Changed = { name: string; before?: string; after?: string };

/** told writes a value as people read it: a text as it is, a list with commas, anything deeper as JSON. */
export function told(value: unknown): string {
  if (typeof value === "string") {
    return value === "" ? "“”" : value;
  }
  if (Array.isArray(value)) {
    return value.length === 0
      ? "[]"
      : value.every((v) => typeof v !== "object" || v === null)
        ? value.map(told).join(", ")
        : JSON.stringify(value, null, 2);
  }
  return typeof value === "object" && value !== null ? JSON.stringify(value, null, 2) : String(value);
}

/** fields are the members of what should be an object; anything else is one thing without a name. */
function fields(value: unknown): Map<string, unknown> {
  if (value === undefined || value === null) {
    return new Map();
  }
  return typeof value === "object" && !Array.isArray(value) ? new Map(Object.entries(value)) : new Map([["", value]]);
}

/** changesOf returns what an event set, in the order of its detail; what was there and was not set comes after. */
export function changesOf(before: unknown, detail: unknown): Changed[] {
  const was = fields(before);
  const is = fields(detail);
  const names = [...new Set([...is.keys(), ...was.keys()])];
  return names.map((name) => ({
    name,
    before: was.has(name) ? told(was.get(name)) : undefined,
    after: is.has(name) ? told(is.get(name)) : undefined,
  }));
}

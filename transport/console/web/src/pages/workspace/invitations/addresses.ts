/** An address that was read out of what somebody pasted, or what is there in its place. */
export type Read = { text: string; email?: string };

/** plausible reports whether a text looks like an address; whether it is one, the server says. */
export function plausible(text: string): boolean {
  return text.length <= 254 && /^[^\s@<>,;"]+@[^\s@<>,;"'.]+(\.[^\s@<>,;"'.]+)+$/.test(text);
}

/**
 * addresses reads what people have at hand: one address a line or many in one, with names as mail programs write them
 * (Ann Lopper <ann@example.org>), or a table exported as CSV, whatever its separator and its other columns. Each
 * address comes once. A line without any is told too, but the first one, which may be the head of a table.
 */
export function addresses(text: string): Read[] {
  const found = new Map<string, Read>();
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|[\r\n]/);
  const begin = lines.findIndex((line) => line.trim() !== "");
  for (const [i, line] of lines.entries()) {
    if (line.trim() === "") {
      continue;
    }
    const tokens = line.split(/[\s,;|<>()"]+/).filter((token) => token.includes("@"));
    for (const token of tokens) {
      const clean = token.replace(/^mailto:/i, "").replace(/^'+|[.:']+$/g, "");
      const key = clean.toLowerCase();
      if (!found.has(key)) {
        found.set(key, plausible(clean) ? { text: clean, email: clean } : { text: clean });
      }
    }
    if (tokens.length === 0 && i !== begin) {
      const rest = line.trim().slice(0, 100);
      found.set(`\n${rest}`, { text: rest });
    }
  }
  return [...found.values()];
}

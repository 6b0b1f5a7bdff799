import { readFileSync } from "node:fs";
import { createTranslator } from "use-intl/core";

/** The languages that specs look at pages in. */
export const spoken = ["en", "fr"] as const;

/** A Say returns what the console says by a key, with what is put in. */
export type Say = (key: string, values?: Record<string, string | number>) => string;

/** texts returns what the console says in a language, in one area. */
export function texts(language: string, area: string): Say {
  const file = new URL(`../../src/text/${language}/${area}.json`, import.meta.url);
  const messages = JSON.parse(readFileSync(file, "utf8"));
  const t = createTranslator({ locale: language as "en", messages, timeZone: "UTC" }) as unknown as Say;
  // Tags around a part of a text are no text.
  return (key, values) => t(key, values);
}

/** escaped returns a text as a regular expression finds it. */
export const escaped = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

import type { Catalog } from "./areas";

export type { Catalog };

/** Languages that the console is in, named in themselves. */
export const languages = { en: "English", fr: "Français", es: "Español", ru: "Русский" } as const;
export type Language = keyof typeof languages;

type Load = () => Promise<{ default: Catalog }>;

/** What the first pages say, where people sign in and find their workspaces, and what all others say besides. */
const loaders: Record<Language, { first: Load; more: Load }> = {
  en: { first: () => import("./en"), more: () => import("./en.more") },
  fr: { first: () => import("./fr"), more: () => import("./fr.more") },
  es: { first: () => import("./es"), more: () => import("./es.more") },
  ru: { first: () => import("./ru"), more: () => import("./ru.more") },
};

/** loadCatalog fetches what the first pages say in a language, or all that is said. */
export async function loadCatalog(language: Language, all: boolean): Promise<Catalog> {
  const { first, more } = loaders[language];
  const parts = await Promise.all(all ? [first(), more()] : [first()]);
  return Object.assign({}, ...parts.map((part) => part.default));
}

/** languageOf returns the first of some language tags that the console speaks, English if none. */
export function languageOf(tags: readonly (string | null | undefined)[]): Language {
  for (const tag of tags) {
    const primary = tag?.toLowerCase().split(/[-_]/)[0];
    if (primary && primary in languages) {
      return primary as Language;
    }
  }
  return "en";
}

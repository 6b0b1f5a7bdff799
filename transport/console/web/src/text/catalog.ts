/** Languages that the console is in, named in themselves. */
export const languages = { en: "English", fr: "Français", es: "Español", ru: "Русский" } as const;
export type Language = keyof typeof languages;

/** A Catalog is everything that the console says in one language, by area. */
export type Catalog = Record<string, object>;

const loaders: Record<Language, () => Promise<{ default: Catalog }>> = {
  en: () => import("./en"),
  fr: () => import("./fr"),
  es: () => import("./es"),
  ru: () => import("./ru"),
};

/** loadCatalog fetches what the console says in a language. */
export async function loadCatalog(language: Language): Promise<Catalog> {
  return (await loaders[language]()).default;
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

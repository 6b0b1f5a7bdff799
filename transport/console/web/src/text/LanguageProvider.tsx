import { createContext, type PropsWithChildren, useCallback, useContext, useEffect, useMemo, useState } from "react";
import { IntlProvider } from "use-intl";
import { type Catalog, type Language, languageOf, loadCatalog } from "./catalog";

type Choice = {
  language: Language;
  choose: (language: Language) => void;
  /** Whether all texts are there, and what has them fetched. */
  isWhole: boolean;
  complete: () => void;
};

const LanguageContext = createContext<Choice | undefined>(undefined);
const kept = "bailiwick-language";

function remembered(): Language {
  let own: string | null = null;
  try {
    own = localStorage.getItem(kept);
  } catch {
    // without storage, the browser's own
  }
  return languageOf([own, ...navigator.languages]);
}

/** LanguageProvider says everything below it in the reader's language, with times in his zone. */
export function LanguageProvider({ children }: PropsWithChildren) {
  const [language, setLanguage] = useState(remembered);
  const [whole, setWhole] = useState(false);
  const [catalog, setCatalog] = useState<{ language: Language; texts: Catalog; isWhole: boolean }>();

  useEffect(() => {
    let current = true;
    loadCatalog(language, whole).then((texts) => {
      if (current) {
        setCatalog({ language, texts, isWhole: whole });
        document.documentElement.lang = language;
      }
    });
    return () => {
      current = false;
    };
  }, [language, whole]);

  const choose = useCallback((next: Language) => {
    try {
      localStorage.setItem(kept, next);
    } catch {
      // it is chosen for this page then
    }
    setLanguage(next);
  }, []);

  const complete = useCallback(() => setWhole(true), []);
  const isWhole = catalog?.isWhole ?? false;
  const choice = useMemo(() => ({ language, choose, isWhole, complete }), [language, choose, isWhole, complete]);
  if (!catalog) {
    return null;
  }
  return (
    <LanguageContext.Provider value={choice}>
      <IntlProvider
        locale={catalog.language}
        messages={catalog.texts as never}
        timeZone={Intl.DateTimeFormat().resolvedOptions().timeZone}
      >
        {children}
      </IntlProvider>
    </LanguageContext.Provider>
  );
}

/** useLanguage returns the language that is spoken, and what chooses another. */
export function useLanguage(): Choice {
  const choice = useContext(LanguageContext);
  if (!choice) {
    throw new Error("useLanguage outside of LanguageProvider");
  }
  return choice;
}

/** useAllTexts has the texts of all pages fetched, and reports whether they are there. */
export function useAllTexts(): boolean {
  const { isWhole, complete } = useLanguage();
  useEffect(complete, [complete]);
  return isWhole;
}

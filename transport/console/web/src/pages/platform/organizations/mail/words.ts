import { useLocale, useTranslations } from "use-intl";
import en from "~/text/en/mail.json";

/** useKindName returns what names a kind of mails. */
export function useKindName(): (kind: string) => string {
  const t = useTranslations("mail");
  return (kind) => (kind in en.kinds ? t(`kinds.${kind as keyof typeof en.kinds}`) : kind);
}

/** useValueName returns what names a value that mails are made of. */
export function useValueName(): (value: string) => string {
  const t = useTranslations("mail");
  return (value) => (value in en.values ? t(`values.${value as keyof typeof en.values}`) : value);
}

/** useLanguageName returns what names a language in the reader's own. */
export function useLanguageName(): (tag: string) => string {
  const locale = useLocale();
  const names = new Intl.DisplayNames([locale], { type: "language", fallback: "code" });
  return (tag) => {
    try {
      return names.of(tag) ?? tag;
    } catch {
      return tag; // it is no tag that a browser knows
    }
  };
}

import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import en from "~/text/en/explain.json";
import { useLanguage } from "~/text/LanguageProvider";

export type ResourceClass = Schemas["ResourceClass"];

const none: ResourceClass[] = [];

/** useClasses reads what resources there can be; it does not change while a page is open. */
export function useClasses(): ResourceClass[] {
  const { data } = $api.useQuery(
    "get",
    "/resource-classes",
    { params: { query: { limit: 200 } } },
    { staleTime: Number.POSITIVE_INFINITY },
  );
  return data?.items ?? none;
}

/** labelled returns the label of a language, or the English one, or else the name itself. */
export function labelled(labels: Record<string, string> | undefined, language: string, name: string): string {
  return labels?.[language] ?? labels?.en ?? name;
}

/** useClassName returns what names a class of nodes in the reader's language. */
export function useClassName(): (name: string) => string {
  const t = useTranslations("explain");
  const classes = useClasses();
  const { language } = useLanguage();
  return useMemo(() => {
    const labels = new Map(classes.map((c) => [c.name, c.labels]));
    return (name) =>
      name in en.class ? t(`class.${name as keyof typeof en.class}`) : labelled(labels.get(name), language, name);
  }, [classes, language, t]);
}

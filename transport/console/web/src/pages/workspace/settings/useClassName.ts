import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { useLanguage } from "~/text/LanguageProvider";

/** useClassName returns what names a class of resources in the reader's language, as the server calls it. */
export function useClassName(): (name: string) => string {
  const t = useTranslations("settings");
  const { language } = useLanguage();
  const { data } = $api.useQuery(
    "get",
    "/resource-classes",
    { params: { query: { limit: 200 } } },
    { staleTime: Number.POSITIVE_INFINITY },
  );
  return (name) => {
    if (name === "resource") {
      return t("quotas.all");
    }
    const labels = data?.items.find((c) => c.name === name)?.labels;
    return labels?.[language] ?? labels?.en ?? name;
  };
}

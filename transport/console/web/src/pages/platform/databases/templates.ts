import { useTranslations } from "use-intl";
import { $api } from "~/api/client";

/** useTemplates returns what a new database can be a copy of: what everybody may copy, and an organization's own. */
export function useTemplates(organization: string | null) {
  const t = useTranslations("databases");
  const common = $api.useQuery("get", "/database-templates", { params: { query: { limit: 200 } } });
  const own = $api.useQuery(
    "get",
    "/databases",
    { params: { query: { organization: organization ?? "", limit: 200, sort: "name" } } },
    { enabled: Boolean(organization) },
  );
  const everybody = (common.data?.items ?? []).map((d) => d.name);
  const others = (own.data?.items ?? []).map((d) => d.name).filter((name) => !everybody.includes(name));
  return [
    { group: t("forEverybody"), items: everybody },
    { group: t("ofOrganization"), items: others },
  ].filter((g) => g.items.length > 0);
}

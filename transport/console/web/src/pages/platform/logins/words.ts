import { useTranslations } from "use-intl";

/** useClientName returns what names a type of client; programs are called as they are. */
export function useClientName(): (client: string) => string {
  const t = useTranslations("users");
  return (client) =>
    client === "Browser" ? t("clients.browser") : client === "unknown" || client === "" ? t("clients.unknown") : client;
}

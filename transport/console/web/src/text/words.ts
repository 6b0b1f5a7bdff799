import { useTranslations } from "use-intl";
import en from "./en/words.json";

/** useRoleName returns what names a role: those that everybody knows in the reader's language, others as they are. */
export function useRoleName(): (role: string) => string {
  const t = useTranslations("words");
  return (role) => (role in en.role ? t(`role.${role as keyof typeof en.role}`) : role);
}

/** useRoleNames returns what names all roles of somebody, in one line. */
export function useRoleNames(): (roles: readonly string[], supervisor?: boolean) => string {
  const t = useTranslations("words");
  const name = useRoleName();
  return (roles, supervisor) => {
    const names = [...(supervisor ? [t("supervisor")] : []), ...roles.map(name)];
    return names.length > 0 ? names.join(", ") : t("noRole");
  };
}

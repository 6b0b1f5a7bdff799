import { useMemo } from "react";
import { useFormatter, useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { useRoleName } from "~/text/words";
import { useClassName } from "./classes";
import { keeperOf } from "./decide";
import { usePermissionNames } from "./permissions";

type Said = Pick<Schemas["Rule"], "effect" | "role" | "scope" | "permission" | "class" | "expires" | "propagate"> & {
  origin?: string;
};

/** useRuleText returns what puts the parts of a rule into words. */
export function useRuleText() {
  const t = useTranslations("explain");
  const format = useFormatter();
  const roleName = useRoleName();
  const className = useClassName();
  const names = usePermissionNames();
  return useMemo(
    () => ({
      /** What it allows or denies: "Data: Read", "the role Editor", "everything". */
      what: (rule: Said): string => {
        if (rule.role) {
          return t("what.role", { role: roleName(rule.role) });
        }
        if (rule.scope && rule.permission) {
          return names.full(`${rule.scope}.${rule.permission}`);
        }
        return rule.scope ? t("what.scope", { scope: names.scope(rule.scope) }) : t("what.everything");
      },
      /** Where and how long it counts: "here and below · until 3 May 2027". */
      reach: (rule: Said): string =>
        [
          rule.propagate ? t("reach.below") : t("reach.here"),
          rule.class && t("reach.class", { class: className(rule.class) }),
          rule.expires && t("reach.until", { at: format.dateTime(new Date(rule.expires), { dateStyle: "medium" }) }),
        ]
          .filter(Boolean)
          .join(" · "),
      /** What it is kept for: "membership". */
      keeper: (rule: Said): string => {
        const keeper = keeperOf(rule);
        return keeper ? t(`keeper.${keeper}`) : t("keeper.none");
      },
    }),
    [t, format, roleName, className, names],
  );
}

import { Anchor } from "@mantine/core";
import { useMemo } from "react";
import { useFormatter, useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import type { Column } from "~/table/column";
import { useRoleName } from "~/text/words";

export type Role = Schemas["Role"];

/** useRoleColumns returns what tables of roles show of each: its name, which opens it, and what it gives. */
export function useRoleColumns(
  open: (role: Role) => void,
): Record<"name" | "title" | "gives" | "builtin", Column<Role>> {
  const t = useTranslations("roles");
  const c = useTranslations("common");
  const format = useFormatter();
  const roleName = useRoleName();
  return useMemo(
    () => ({
      name: {
        id: "name",
        header: t("name"),
        sort: "name",
        fixed: true,
        cell: (r) => (
          <Anchor component="button" type="button" ta="left" size="sm" onClick={() => open(r)}>
            {roleName(r.name)}
          </Anchor>
        ),
        text: (r) => r.name,
      },
      title: { id: "title", header: t("roleTitle"), sort: "title", cell: (r) => r.title, text: (r) => r.title },
      gives: {
        id: "gives",
        header: t("gives"),
        align: "right",
        cell: (r) => (r.everything ? t("all") : format.number(r.permissions.length)),
        text: (r) => (r.everything ? t("all") : r.permissions.length),
      },
      builtin: {
        id: "builtin",
        header: t("builtin"),
        cell: (r) => (r.builtin ? c("yes") : c("no")),
        text: (r) => r.builtin,
      },
    }),
    [t, c, format, roleName, open],
  );
}

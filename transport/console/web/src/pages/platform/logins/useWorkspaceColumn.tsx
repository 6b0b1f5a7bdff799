import { Anchor } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import type { Column } from "~/table/column";

type Row = { workspace: Schemas["LoginUsers"]["workspace"] };

/** useWorkspaceColumn returns where people came in, and leads there. */
export function useWorkspaceColumn(): Column<Row> {
  const t = useTranslations("users");
  return useMemo(
    () => ({
      id: "workspace",
      header: t("workspace"),
      sort: "workspace",
      fixed: true,
      cell: (r) => (
        <Anchor component={Link} to={`/workspaces/${r.workspace.id}`} size="sm">
          {r.workspace.name}
        </Anchor>
      ),
      text: (r) => r.workspace.name,
    }),
    [t],
  );
}

import { Anchor, Stack, Title } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { Backups } from "./Backups";
import { DatabaseFacts } from "./DatabaseFacts";
import type { Database, DatabaseRights } from "./database";

type Workspace = Schemas["Workspace"];

/** DatabaseView is everything about one database: how it is, its backups, and who uses it. */
export function DatabaseView({ database, rights }: { database: Database; rights: DatabaseRights }) {
  const t = useTranslations("databases");
  const columns = useColumns();
  return (
    <Stack gap="xl">
      <DatabaseFacts database={database} />
      {(rights.backUp || rights.manage) && (
        <div>
          <Title order={2} size="h4" mb="xs">
            {t("backups")}
          </Title>
          <Backups database={database} rights={rights} />
        </div>
      )}
      <div>
        <Title order={2} size="h4" mb="xs">
          {t("users")}
        </Title>
        <DataTable
          id="database-workspaces"
          label={t("users")}
          path="/workspaces"
          query={{ database: database.name }}
          columns={columns}
          rowId={(w) => w.id}
          rowName={(w) => w.name}
          sort="name"
          inside
          empty={{ title: t("usedByNone"), text: t("usedByNoneText") }}
        />
      </div>
    </Stack>
  );
}

function useColumns(): Column<Workspace>[] {
  const t = useTranslations("databases");
  return useMemo(
    () => [
      {
        id: "name",
        header: t("workspace"),
        sort: "name",
        fixed: true,
        cell: (w) => (
          <Anchor component={Link} to={`/workspaces/${w.id}/databases`} size="sm">
            {w.name}
          </Anchor>
        ),
        text: (w) => w.name,
      },
      {
        id: "technical",
        header: t("technicalName"),
        sort: "technical_name",
        cell: (w) => w.technical_name,
        text: (w) => w.technical_name,
      },
      {
        id: "active",
        header: t("active"),
        sort: "active",
        filter: { kind: "flag", param: "active", yes: t("isActive"), no: t("isInactive") },
        cell: (w) => t(w.active ? "isActive" : "isInactive"),
        text: (w) => t(w.active ? "isActive" : "isInactive"),
      },
    ],
    [t],
  );
}

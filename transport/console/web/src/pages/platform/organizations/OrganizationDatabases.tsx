import { Button, Paper, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { all } from "~/api/list";
import { LimitDialog } from "~/quota/LimitDialog";
import { QuotaBar } from "~/quota/QuotaBar";
import { useTell } from "~/shell/notices";
import { DatabaseTable } from "../databases/Databases";
import { type Organization, type OrganizationMay, ofOrganizations } from "./organization";

/** useRoom adds up what the databases of an organization and their backups take up of its share. */
function useRoom(organization: string) {
  return useQuery({
    // It is read anew when databases are.
    queryKey: ["room", "/databases", organization],
    queryFn: async ({ signal }) => {
      let databases = 0;
      let backups = 0;
      const own = new Set<string>();
      for await (const { items } of all("/databases", {}, { organization, fields: "id,counted" }, signal)) {
        for (const d of items) {
          own.add(d.id);
          databases += d.counted;
        }
      }
      if (own.size > 0) {
        for await (const { items } of all("/backups", {}, { fields: "database_id,size" }, signal)) {
          for (const b of items) {
            backups += own.has(b.database_id) ? b.size : 0;
          }
        }
      }
      return { databases, backups };
    },
  });
}

/** OrganizationDatabases are the databases of an organization, with how much room they have. */
export function OrganizationDatabases({ organization, may }: { organization: Organization; may: OrganizationMay }) {
  const t = useTranslations("organizations");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const room = useRoom(organization.id);
  const [changing, setChanging] = useState(false);
  const use = (room.data?.databases ?? 0) + (room.data?.backups ?? 0);
  return (
    <Stack>
      <Paper withBorder p="md" maw={640}>
        {room.isPending ? (
          <Skeleton height={66} />
        ) : room.data ? (
          <QuotaBar
            name={t("databasesQuota")}
            note={t("databasesQuotaText")}
            unit="bytes"
            use={use}
            limit={organization.databases_quota}
            action={
              may("platform.allocate") && (
                <Button size="xs" variant="default" onClick={() => setChanging(true)}>
                  {t("changeQuota")}
                </Button>
              )
            }
          />
        ) : (
          <Text size="sm">{t("roomUnknown")}</Text>
        )}
      </Paper>
      <DatabaseTable organization={organization} />
      {changing && (
        <LimitDialog
          title={t("changeQuotaTitle", { name: organization.name })}
          label={t("databasesQuota")}
          unit="bytes"
          now={{ use, limit: organization.databases_quota }}
          onClose={() => setChanging(false)}
          send={async (databases_quota) => {
            await api.PATCH("/organizations/{organization}", {
              params: { path: { organization: organization.id } },
              body: { databases_quota },
            });
            await changed(...ofOrganizations);
            tell.done(c("saved"));
          }}
        />
      )}
    </Stack>
  );
}

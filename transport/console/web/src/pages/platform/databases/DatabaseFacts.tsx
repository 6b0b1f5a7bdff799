import { Alert, Paper, SimpleGrid, Skeleton, Stack, Text } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { useAmount } from "~/text/amount";
import { Time } from "~/text/Time";
import { DatabaseState } from "./DatabaseState";
import { type Database, useDatabaseStats } from "./database";
import { Working } from "./Working";

/** DatabaseFacts is how a database is at the moment: its size, who is in it, whether it is locked. */
export function DatabaseFacts({ database }: { database: Database }) {
  const t = useTranslations("databases");
  const amount = useAmount();
  const format = useFormatter();
  const { data: stats } = useDatabaseStats(database.name);
  return (
    <Stack gap="sm">
      {database.locked && (
        <Alert color="yellow" icon={<IconLock aria-hidden />} title={t("isLocked")}>
          {t(stats?.sessions ? "isLockedSessions" : "isLockedText", { sessions: stats?.sessions ?? 0 })}
        </Alert>
      )}
      {database.state !== "ready" && (
        <Working what={t(`underWay.${database.state}`, { target: database.target ?? "" })} />
      )}
      <SimpleGrid component="dl" cols={{ base: 2, sm: 3, lg: 6 }} spacing="sm" m={0}>
        <Figure name={t("state")}>
          <DatabaseState database={{ state: database.state, locked: stats?.locked ?? database.locked }} />
        </Figure>
        <Figure name={t("size")}>{stats ? amount(stats.size, "bytes") : undefined}</Figure>
        <Figure name={t("sessions")}>{stats ? format.number(stats.sessions) : undefined}</Figure>
        <Figure name={t("lastWritten")}>{stats ? <Time at={stats.changed} /> : undefined}</Figure>
        <Figure name={t("template")}>{database.template ?? t("empty")}</Figure>
        <Figure name={t("made")}>
          <Time at={database.created} />
          <Text size="xs" c="dimmed">
            {database.created_by}
          </Text>
        </Figure>
      </SimpleGrid>
    </Stack>
  );
}

/** Figure is one thing that is to be known; it takes its room before it is. */
function Figure({ name, children }: { name: string; children: ReactNode }) {
  return (
    <Paper withBorder p="sm" style={{ overflowWrap: "anywhere" }}>
      <Text component="dt" size="xs" c="dimmed">
        {name}
      </Text>
      <Text component="dd" m={0} fw={600} size="sm" mih={24}>
        {children === undefined ? <Skeleton height={20} width="60%" component="span" display="block" /> : children}
      </Text>
    </Paper>
  );
}

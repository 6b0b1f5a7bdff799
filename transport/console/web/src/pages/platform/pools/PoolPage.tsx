import { Anchor, Badge, Button, Code, Group, SimpleGrid, Stack, Text, Title } from "@mantine/core";
import { IconEdit, IconPlus, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Card } from "~/chart/Card";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { GiveShare } from "~/quota/GiveShare";
import { HistoryChart } from "~/quota/HistoryChart";
import { isBuiltin, useKindName, usePoolName } from "~/quota/names";
import { QuotaBar } from "~/quota/QuotaBar";
import { useMay } from "~/session/may";
import { Failure } from "~/shell/Failure";
import { Page } from "~/shell/Page";
import { Waiting } from "~/shell/Waiting";
import { Time } from "~/text/Time";
import { DeletePool } from "./DeletePool";
import { PoolForm } from "./PoolForm";
import { PoolShares } from "./PoolShares";
import type { Pool } from "./Pools";

/** PoolPage is one facility: how full it is, what it is, and which workspaces have a share of it. */
export default function PoolPage() {
  const { pool: id } = useParams({ strict: false }) as { pool: string };
  const { data, error, refetch } = $api.useQuery("get", "/pools/{pool}", { params: { path: { pool: id } } });
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  return data ? <OnePool pool={data} /> : <Waiting />;
}

function OnePool({ pool }: { pool: Pool }) {
  const t = useTranslations("pools");
  const c = useTranslations("common");
  const s = useTranslations("shell");
  const o = useTranslations("overview");
  const poolName = usePoolName();
  const navigate = useNavigate();
  const may = useMay(0, ["platform.manage_pools", "platform.allocate", "tenancy.manage_workspaces"]);
  const [opened, setOpened] = useState<"modify" | "delete" | "give">();
  const [given, setGiven] = useState(0);
  const close = () => setOpened(undefined);
  const builtin = isBuiltin(pool);
  const manages = may("platform.manage_pools") && !builtin;
  const gives = may("platform.allocate") && !builtin;
  return (
    <Page
      title={poolName(pool)}
      of={s("pools")}
      text={pool.description || undefined}
      actions={
        manages && (
          <>
            <Button
              variant="default"
              leftSection={<IconEdit size={16} aria-hidden />}
              onClick={() => setOpened("modify")}
            >
              {c("modify")}
            </Button>
            <Button
              variant="light"
              color="red"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => setOpened("delete")}
            >
              {c("delete")}
            </Button>
          </>
        )
      }
    >
      <Anchor component={Link} to="/platform/pools" size="sm">
        {t("back")}
      </Anchor>
      <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="md">
        <Card title={t("use")}>
          {pool.unit === "none" ? (
            <Text size="sm">{t("quota.uncounted")}</Text>
          ) : (
            <>
              <QuotaBar name={t("together")} unit={pool.unit} use={pool.use} limit={pool.capacity} />
              <Title order={3} size="h5">
                {o("history.title")}
              </Title>
              <HistoryChart of={{ pool }} />
            </>
          )}
          {builtin && (
            <Text size="sm" c="dimmed">
              {t("builtinText")}
            </Text>
          )}
        </Card>
        <PoolFacts pool={pool} />
      </SimpleGrid>
      {!builtin && (
        <Card
          title={t("shares.title")}
          action={
            gives && (
              <Button
                size="xs"
                variant="default"
                leftSection={<IconPlus size={16} aria-hidden />}
                onClick={() => setOpened("give")}
              >
                {t("give.open")}
              </Button>
            )
          }
        >
          <PoolShares pool={pool} gives={gives} again={given} />
        </Card>
      )}
      {opened === "modify" && <PoolForm pool={pool} onClose={close} />}
      {opened === "give" && <GiveShare pool={pool} onClose={close} onGiven={() => setGiven((n) => n + 1)} />}
      {opened === "delete" && (
        <DeletePool pool={pool} onClose={close} onDeleted={() => navigate({ to: "/platform/pools" })} />
      )}
    </Page>
  );
}

function PoolFacts({ pool }: { pool: Pool }) {
  const t = useTranslations("pools");
  const kindName = useKindName();
  const details = Object.keys(pool.details).length > 0;
  return (
    <Card title={t("facts")}>
      <Stack gap="sm">
        <CopyField label={t("identifier")} value={pool.id} />
        <Facts
          of={[
            [t("kind"), kindName(pool.kind)],
            [t("type"), pool.type],
            [t("unit"), t(`units.${pool.unit}`)],
            [t("technicalName"), pool.technical_name],
            [t("open"), pool.open ? t("isOpen") : t("isShared")],
            [
              t("labels"),
              pool.labels.length > 0 ? (
                <Group key="labels" gap={4} component="span">
                  {pool.labels.map((label) => (
                    <Badge key={label} variant="default" tt="none">
                      {label}
                    </Badge>
                  ))}
                </Group>
              ) : undefined,
            ],
            // Addresses are text: whoever made the facility may have written anything.
            ...pool.urls.map((u) => [`${t("url")} ${u.type}`.trim(), u.url] as const),
            [t("created"), isBuiltin(pool) ? undefined : <Time key="created" at={pool.created} />],
            [t("updated"), isBuiltin(pool) ? undefined : <Time key="updated" at={pool.updated} />],
            [
              t("details"),
              details ? (
                <Code key="details" block>
                  {JSON.stringify(pool.details, null, 2)}
                </Code>
              ) : undefined,
            ],
          ]}
        />
      </Stack>
    </Card>
  );
}

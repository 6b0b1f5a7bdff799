import { Button, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api } from "~/api/client";
import { Card } from "~/chart/Card";
import { LimitDialog } from "~/quota/LimitDialog";
import { QuotaBar } from "~/quota/QuotaBar";
import { Shares } from "~/quota/Shares";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import { useWorkspace, type Workspace } from "../workspace";
import { ResourceLimits } from "./ResourceLimits";

type Props = {
  workspace: Workspace;
  /** Who reads members sees how many seats there are. */
  seats: boolean;
  /** Who gives and takes shares away. */
  gives: boolean;
  /** Who limits seats and resources. */
  allots: boolean;
};

/** Limits are how much of everything a workspace may have; who allots changes them here. */
export function Limits({ workspace, seats, gives, allots }: Props) {
  const t = useTranslations("settings");
  const reads = useWorkspace().may("datastore.read");
  return (
    <Card title={t("quotas.title")}>
      <Stack gap="xl">
        <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="xl">
          {seats && <Seats workspace={workspace} allots={allots} />}
        </SimpleGrid>
        <ResourceLimits workspace={workspace} allots={allots} />
        {reads && (
          <Stack gap="sm">
            <Title order={3} size="h5">
              {t("quotas.shares")}
            </Title>
            <Shares workspace={workspace} gives={gives} />
          </Stack>
        )}
      </Stack>
      {!allots && (
        <Text size="sm" c="dimmed">
          {t("quotas.who")}
        </Text>
      )}
    </Card>
  );
}

function Seats({ workspace, allots }: { workspace: Workspace; allots: boolean }) {
  const t = useTranslations("settings");
  const c = useTranslations("common");
  const o = useTranslations("overview");
  const changed = useChanged();
  const tell = useTell();
  const [opened, setOpened] = useState(false);
  const params = { path: { workspace: workspace.id } };
  const { data, error, refetch } = $api.useQuery("get", "/workspaces/{workspace}/seats", { params });
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  if (!data) {
    return <Skeleton height={90} />;
  }
  return (
    <>
      <QuotaBar
        name={o("seats")}
        note={o("seatsText", { pending: data.pending })}
        use={data.used}
        held={data.pending}
        limit={data.limit}
        action={
          allots && (
            <Button size="xs" variant="default" onClick={() => setOpened(true)} aria-label={t("quotas.changeSeats")}>
              {t("quotas.change")}
            </Button>
          )
        }
      />
      {opened && (
        <LimitDialog
          title={t("quotas.changeSeats")}
          label={t("quotas.seats")}
          description={t("quotas.seatsText")}
          now={{ use: data.used, held: data.pending, limit: data.limit }}
          onClose={() => setOpened(false)}
          send={async (limit) => {
            await api.PUT("/workspaces/{workspace}/seats", { params, body: { limit } });
            await changed("/workspaces/{workspace}/seats");
            tell.done(c("saved"));
          }}
        />
      )}
    </>
  );
}

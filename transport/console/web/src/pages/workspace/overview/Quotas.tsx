import { Anchor, SimpleGrid, Skeleton, Stack } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Card } from "~/chart/Card";
import { QuotaBar } from "~/quota/QuotaBar";
import { Shares } from "~/quota/Shares";
import { useMay } from "~/session/may";
import { Failure } from "~/shell/Failure";
import type { Workspace } from "../workspace";

type Props = { workspace: Workspace; shares: boolean; seats: boolean };

/** Quotas are what a workspace may use and uses: seats, resources, and its shares of facilities. */
export function Quotas({ workspace, shares, seats }: Props) {
  const t = useTranslations("overview");
  const allots = useMay(0, ["platform.allocate"])("platform.allocate");
  return (
    <Card
      title={t("quotas")}
      action={
        allots && (
          <Anchor component={Link} to={`/workspaces/${workspace.id}/settings`} size="sm">
            {t("changeQuotas")}
          </Anchor>
        )
      }
    >
      <Stack gap="lg">
        <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="xl" verticalSpacing="lg">
          {seats && <SeatsBar workspace={workspace.id} />}
          <ResourcesBar workspace={workspace.id} />
        </SimpleGrid>
        {shares && <Shares workspace={workspace} gives={false} few={6} />}
      </Stack>
    </Card>
  );
}

function SeatsBar({ workspace }: { workspace: string }) {
  const t = useTranslations("overview");
  const { data, error, refetch } = $api.useQuery("get", "/workspaces/{workspace}/seats", {
    params: { path: { workspace } },
  });
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  return data ? (
    <QuotaBar
      name={t("seats")}
      note={t("seatsText", { pending: data.pending })}
      use={data.used}
      held={data.pending}
      limit={data.limit}
    />
  ) : (
    <Skeleton height={77} />
  );
}

function ResourcesBar({ workspace }: { workspace: string }) {
  const t = useTranslations("overview");
  const { data, error, refetch } = $api.useQuery("get", "/workspaces/{workspace}/resource-limits", {
    params: { path: { workspace }, query: { limit: 200 } },
  });
  const all = data?.items.find((l) => l.class === "resource");
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  if (!data) {
    return <Skeleton height={60} />;
  }
  return all && <QuotaBar name={t("resources")} use={all.used} limit={all.limit} />;
}

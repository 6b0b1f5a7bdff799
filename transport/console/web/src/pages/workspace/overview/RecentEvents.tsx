import { Anchor, Skeleton, Stack, Table, Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { objectName, useActionName } from "~/audit/events";
import { Card } from "~/chart/Card";
import { Failure } from "~/shell/Failure";
import { Time } from "~/text/Time";
import { useRoleName } from "~/text/words";
import type { Workspace } from "../workspace";

/** How many of the newest events are shown. */
const shown = 10;

/** RecentEvents is what happened last in a workspace, in words. */
export function RecentEvents({ workspace, audits }: { workspace: Workspace; audits: boolean }) {
  const t = useTranslations("overview");
  const actionName = useActionName();
  const roleName = useRoleName();
  const { data, error, refetch } = $api.useQuery("get", "/workspaces/{workspace}/activity", {
    params: { path: { workspace: workspace.id }, query: { sort: "-created", limit: shown } },
  });
  return (
    <Card
      title={t("events.title")}
      action={
        audits && (
          <Anchor component={Link} to={`/workspaces/${workspace.id}/audit`} size="sm">
            {t("events.all")}
          </Anchor>
        )
      }
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && (
        <Stack gap={10}>
          {Array.from({ length: shown }, (_, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: rows that are not there yet have nothing else
            <Skeleton key={i} height={40} />
          ))}
        </Stack>
      )}
      {data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("events.none")}
        </Text>
      )}
      {data && data.items.length > 0 && (
        <Table verticalSpacing={6} aria-label={t("events.title")} style={{ overflowWrap: "anywhere" }}>
          <Table.Tbody>
            {data.items.map((event) => {
              const { roles } = event.detail;
              return (
                <Table.Tr key={event.id}>
                  <Table.Td>
                    <Text size="sm">
                      {t.rich("events.of", {
                        action: actionName(event.action),
                        object: objectName(event),
                        b: (object) => <strong>{object}</strong>,
                      })}
                      {Array.isArray(roles) &&
                        roles.length > 0 &&
                        ` (${roles.map((r) => roleName(String(r))).join(", ")})`}
                    </Text>
                    <Text size="xs" c="dimmed">
                      {event.actor} · <Time at={event.at} />
                    </Text>
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      )}
    </Card>
  );
}

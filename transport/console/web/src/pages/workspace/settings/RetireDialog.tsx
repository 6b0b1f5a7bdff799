import { Alert, Button, Group, List, Modal, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { problemOf } from "~/api/problem";
import { Confirm } from "~/dialog/Confirm";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import en from "~/text/en/settings.json";
import type { Workspace } from "../workspace";

type Plan = Schemas["DeparturePlan"];

/**
 * RetireDialog says first, as the server foresees it, what goes with a workspace and what stands against it. Only that is
 * done then: if anything has changed meanwhile, it asks anew.
 */
export function RetireDialog({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const t = useTranslations("settings");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const navigate = useNavigate();
  const path = { workspace: workspace.id };
  const plan = useQuery({
    queryKey: ["departure", "/workspaces/{workspace}/departure", workspace.id],
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) =>
      done(
        api.POST("/workspaces/{workspace}/departure", {
          params: { path, query: { dry_run: true } },
          body: {},
          signal,
        }),
      ),
  });
  const [stale, setStale] = useState(false);
  const goes = useGoes();
  const title = t("retire.of", { name: workspace.name });
  if (!plan.data || plan.data.blockers.length > 0) {
    return (
      <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": c("close") }}>
        <Stack>
          {plan.error && <Failure error={plan.error} retry={() => void plan.refetch()} />}
          {!plan.data && !plan.error && (
            <div role="status" aria-label={t("retire.looking")}>
              <Text size="sm">{t("retire.looking")}</Text>
              <Skeleton height={160} mt="sm" />
            </div>
          )}
          {plan.data && <Blockers blockers={plan.data.blockers} />}
          <Group justify="flex-end">
            {plan.data && (
              <Button variant="default" loading={plan.isFetching} onClick={() => void plan.refetch()}>
                {t("retire.again")}
              </Button>
            )}
            <Button variant="default" onClick={onClose} data-autofocus>
              {c("close")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    );
  }
  const { token } = plan.data;
  return (
    <Confirm
      key={token}
      title={title}
      act={t("retire.act")}
      name={workspace.name}
      goes={goes(workspace, plan.data)}
      onClose={onClose}
      run={async () => {
        try {
          await api.POST("/workspaces/{workspace}/departure", { params: { path }, body: { token } });
        } catch (error) {
          if (problemOf(error).code !== "precondition_failed" && problemOf(error).code !== "blocked") {
            throw error;
          }
          // What is shown is no longer what would go: it is shown anew, and asked for again.
          setStale(true);
          await plan.refetch();
          throw error;
        }
        await navigate({ to: "/" });
        await changed("/me/workspaces", "/workspaces", "/organizations/{organization}/workspaces");
        tell.done(t("retire.done", { name: workspace.name }));
      }}
    >
      {stale && (
        <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} role="alert">
          {t("retire.changed")}
        </Alert>
      )}
      <Alert color="red" icon={<IconAlertTriangle aria-hidden />}>
        {t("retire.warning")}
      </Alert>
    </Confirm>
  );
}

/** useGoes returns what names, in sentences with numbers, all that goes with a workspace. */
function useGoes(): (workspace: Workspace, plan: Plan) => string[] {
  const t = useTranslations("settings");
  return (workspace, plan) => [
    t("retire.goes.workspace", { name: workspace.name, technical: workspace.technical_name }),
    ...(plan.memberships.length > 0 ? [t("retire.goes.members", { count: plan.memberships.length })] : []),
    ...(plan.groups.length > 0
      ? [t("retire.goes.groups", { count: plan.groups.length, names: plan.groups.map((g) => g.name).join(", ") })]
      : []),
    ...(plan.rules.length > 0 ? [t("retire.goes.rules", { count: plan.rules.length })] : []),
    ...(plan.holdings.length > 0 ? [t("retire.goes.holdings", { count: plan.holdings.length })] : []),
    ...Object.entries(plan.ended)
      .filter(([, count]) => count > 0)
      .map(([kind, count]) =>
        kind in en.retire.ended
          ? t(`retire.ended.${kind as keyof typeof en.retire.ended}`, { count })
          : t("retire.goes.other", { kind, count }),
      ),
  ];
}

function Blockers({ blockers }: { blockers: Plan["blockers"] }) {
  const t = useTranslations("settings");
  return (
    <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} title={t("retire.blocked")}>
      <List size="sm">
        {blockers.map((b) => (
          <List.Item key={`${b.code} ${b.text}`} style={{ overflowWrap: "anywhere" }}>
            {b.text}
          </List.Item>
        ))}
      </List>
      <Text size="sm" mt="xs">
        {t("retire.blockedText")}
      </Text>
    </Alert>
  );
}

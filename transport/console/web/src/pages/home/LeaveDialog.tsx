import { Alert, Button, Group, List, Modal, Skeleton, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { problemOf } from "~/api/problem";
import { Confirm } from "~/dialog/Confirm";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import { useRoleNames } from "~/text/words";
import type { Membership } from "./Home";

/** LeaveDialog ends one's own membership; it asks the server first whether that can be. */
export default function LeaveDialog({ membership, onClose }: { membership: Membership; onClose: () => void }) {
  const t = useTranslations("home");
  const c = useTranslations("common");
  const roleNames = useRoleNames();
  const changed = useChanged();
  const tell = useTell();
  const { workspace } = membership;
  const path = { workspace: workspace.id };
  const trial = useQuery({
    queryKey: ["leave", "/me/workspaces/{workspace}", workspace.id],
    gcTime: 0,
    retry: false,
    queryFn: async ({ signal }) => {
      await api.DELETE("/me/workspaces/{workspace}", { params: { path, query: { dry_run: true } }, signal });
      return true;
    },
  });
  const title = t("leaveOf", { name: workspace.name });
  if (!trial.data) {
    const problem = trial.error && problemOf(trial.error);
    return (
      <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": c("close") }}>
        <Stack>
          {!problem && <Skeleton height={96} role="status" aria-label={c("loading")} />}
          {problem?.code === "owns_resources" && (
            <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} title={t("owns")} role="alert">
              <List size="sm">
                {Object.entries(problem.body.holdings ?? {}).map(([kind, count]) => (
                  <List.Item key={kind}>{t("ownsOf", { kind, count })}</List.Item>
                ))}
              </List>
              <Text size="sm">{t("ownsText")}</Text>
            </Alert>
          )}
          {problem && problem.code !== "owns_resources" && (
            <Failure error={problem} retry={() => void trial.refetch()} />
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} data-autofocus>
              {c("close")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    );
  }
  return (
    <Confirm
      title={title}
      act={t("leave")}
      goes={[
        t("leaveGoes", { name: workspace.name, roles: roleNames(membership.roles) }),
        t("leaveRules", { name: workspace.name }),
      ]}
      onClose={onClose}
      run={async () => {
        await api.DELETE("/me/workspaces/{workspace}", { params: { path } });
        await changed("/me/workspaces", "/workspaces/{workspace}", "/check");
        tell.done(t("left", { name: workspace.name }));
      }}
    >
      <Text size="sm">{t("leaveText")}</Text>
    </Confirm>
  );
}

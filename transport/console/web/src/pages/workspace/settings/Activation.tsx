import { Button, Group, Text } from "@mantine/core";
import { IconLock, IconLockOpen } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Card } from "~/chart/Card";
import { Confirm } from "~/dialog/Confirm";
import { useTell } from "~/shell/notices";
import type { Workspace } from "../workspace";

/** Activation opens and closes a workspace, and says what that means. */
export function Activation({ workspace, manages }: { workspace: Workspace; manages: boolean }) {
  const t = useTranslations("settings");
  const changed = useChanged();
  const tell = useTell();
  const [asking, setAsking] = useState(false);
  const { active } = workspace;
  const Sign = active ? IconLockOpen : IconLock;
  const params = { path: { workspace: workspace.id } };
  return (
    <Card title={t("activation.title")}>
      <Group justify="space-between" gap="sm">
        <Group gap="xs" wrap="nowrap" flex="1 1 16rem" align="flex-start">
          <Sign size={20} aria-hidden style={{ flexShrink: 0 }} />
          <div>
            <Text size="sm" fw={600}>
              {active ? t("activation.active") : t("activation.inactive")}
            </Text>
            <Text size="sm" c="dimmed">
              {active ? t("activation.activeText") : t("activation.inactiveText")}
            </Text>
            {!manages && (
              <Text size="sm" c="dimmed">
                {t("activation.who")}
              </Text>
            )}
          </div>
        </Group>
        {manages && (
          <Button
            variant={active ? "light" : "filled"}
            color={active ? "red" : undefined}
            onClick={() => setAsking(true)}
          >
            {active ? t("activation.deactivate") : t("activation.activate")}
          </Button>
        )}
      </Group>
      {asking && (
        <Confirm
          title={t(active ? "activation.deactivateOf" : "activation.activateOf", { name: workspace.name })}
          act={active ? t("activation.deactivate") : t("activation.activate")}
          danger={active}
          onClose={() => setAsking(false)}
          run={async () => {
            if (active) {
              await api.POST("/workspaces/{workspace}/deactivate", { params });
            } else {
              await api.POST("/workspaces/{workspace}/activate", { params });
            }
            await changed("/workspaces/{workspace}", "/workspaces", "/me/workspaces", "/check");
            tell.done(t(active ? "activation.deactivated" : "activation.activated", { name: workspace.name }));
          }}
        >
          <Text size="sm">{t(active ? "activation.deactivateText" : "activation.activateText")}</Text>
        </Confirm>
      )}
    </Card>
  );
}

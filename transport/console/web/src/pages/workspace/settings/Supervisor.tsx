import { Button, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Card } from "~/chart/Card";
import { Facts } from "~/dialog/Facts";
import { fullName } from "~/text/person";
import type { Workspace } from "../workspace";
import { ReplaceSupervisor } from "./ReplaceSupervisor";

/** Supervisor is who holds everything in a workspace, and can be replaced but not removed. */
export function Supervisor({ workspace, transfers }: { workspace: Workspace; transfers: boolean }) {
  const t = useTranslations("settings");
  const [replacing, setReplacing] = useState(false);
  const { supervisor } = workspace;
  return (
    <Card
      title={t("supervisor.title")}
      action={
        transfers && (
          <Button size="xs" variant="default" onClick={() => setReplacing(true)}>
            {t("supervisor.open")}
          </Button>
        )
      }
    >
      <Text size="sm" c="dimmed">
        {t("supervisor.text")}
      </Text>
      <Facts
        of={[
          [t("supervisor.name"), fullName(supervisor)],
          [t("supervisor.username"), supervisor.username],
          [t("supervisor.email"), supervisor.email],
        ]}
      />
      {replacing && <ReplaceSupervisor workspace={workspace} onClose={() => setReplacing(false)} />}
    </Card>
  );
}

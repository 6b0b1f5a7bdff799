import { Button, Group, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Card } from "~/chart/Card";
import type { Workspace } from "../workspace";
import { RetireDialog } from "./RetireDialog";

/** Retire is the end of a workspace, behind a dialog that says all that goes with it. */
export function Retire({ workspace }: { workspace: Workspace }) {
  const t = useTranslations("settings");
  const [opened, setOpened] = useState(false);
  return (
    <Card title={t("retire.title")}>
      <Group justify="space-between" gap="sm">
        <Text size="sm" flex="1 1 16rem">
          {t("retire.text")}
        </Text>
        <Button color="red" variant="light" onClick={() => setOpened(true)}>
          {t("retire.open")}
        </Button>
      </Group>
      {opened && <RetireDialog workspace={workspace} onClose={() => setOpened(false)} />}
    </Card>
  );
}

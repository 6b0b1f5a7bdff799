import { Stack } from "@mantine/core";
import { useTranslations } from "use-intl";
import { Card } from "~/chart/Card";
import { CopyField } from "~/dialog/CopyField";
import type { Workspace } from "../workspace";

/** Identifiers are what programs need to name a workspace; they are there to be copied, and do not change (J-51). */
export function Identifiers({ workspace }: { workspace: Workspace }) {
  const t = useTranslations("settings");
  return (
    <Card title={t("identifiers.title")}>
      <Stack gap="sm">
        <CopyField label={t("identifiers.id")} description={t("identifiers.idText")} value={workspace.id} />
        <CopyField
          label={t("identifiers.technicalName")}
          description={t("identifiers.technicalNameText")}
          value={workspace.technical_name}
        />
        <CopyField label={t("identifiers.num")} description={t("identifiers.numText")} value={String(workspace.num)} />
      </Stack>
    </Card>
  );
}

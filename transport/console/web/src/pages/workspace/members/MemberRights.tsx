import { Skeleton, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { RightsTable } from "~/explain/RightsTable";
import { Failure } from "~/shell/Failure";
import { useWorkspace } from "../workspace";
import type { Member } from "./Members";

/** MemberRights is everything that a member may and may not do in the workspace itself, each with its reason. */
export function MemberRights({ of: member, onWhy }: { of: Member; onWhy: (permission: string) => void }) {
  const t = useTranslations("members");
  const { workspace } = useWorkspace();
  const [only, setOnly] = useState(false);
  const { data, error, refetch } = $api.useQuery("get", "/workspaces/{workspace}/members/{principal}/rights", {
    params: { path: { workspace: workspace.id, principal: member.principal }, query: { limit: 200 } },
  });
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  if (!data) {
    return <Skeleton height={320} role="status" aria-label={t("rights")} />;
  }
  const shown = data.items.filter((r) => !only || r.allowed);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("rightsText")}
      </Text>
      <Switch label={t("onlyAllowed")} checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} />
      <RightsTable rights={shown} onWhy={onWhy} />
      {shown.length === 0 && <Text c="dimmed">{t("noRights")}</Text>}
    </Stack>
  );
}

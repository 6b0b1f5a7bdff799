import { Badge, Button, Skeleton, Stack, Switch, Table, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { byScope, usePermissionNames } from "~/explain/permissions";
import { Failure } from "~/shell/Failure";
import { useWorkspace } from "../workspace";
import type { Member } from "./Members";

/** MemberRights is everything that a member may and may not do in the workspace itself, each with its reason. */
export function MemberRights({ of: member, onWhy }: { of: Member; onWhy: (permission: string) => void }) {
  const t = useTranslations("members");
  const e = useTranslations("explain");
  const { workspace } = useWorkspace();
  const names = usePermissionNames();
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
  const byName = new Map(data.items.map((r) => [r.permission, r]));
  const shown = data.items.filter((r) => !only || r.allowed).map((r) => r.permission);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        {t("rightsText")}
      </Text>
      <Switch label={t("onlyAllowed")} checked={only} onChange={(event) => setOnly(event.currentTarget.checked)} />
      {byScope(shown).map(({ scope, permissions }) => (
        <section key={scope} aria-label={names.scope(scope)}>
          <Title order={3} size="h6" mb={4}>
            {names.scope(scope)}
          </Title>
          <Table verticalSpacing={4} layout="fixed" aria-label={names.scope(scope)}>
            <Table.Thead className="visually-hidden">
              <Table.Tr>
                <Table.Th>{t("permission")}</Table.Th>
                <Table.Th>{t("answer")}</Table.Th>
                <Table.Th>{e("why")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {permissions.map((p) => (
                <Table.Tr key={p}>
                  <Table.Td style={{ overflowWrap: "anywhere" }}>{names.permission(p)}</Table.Td>
                  <Table.Td>
                    <Badge variant="light" color={byName.get(p)?.allowed ? "teal" : "red"} autoContrast tt="none">
                      {t(byName.get(p)?.allowed ? "allowed" : "refused")}
                    </Badge>
                  </Table.Td>
                  <Table.Td ta="right">
                    <Button
                      size="compact-sm"
                      variant="subtle"
                      aria-label={t("whyOf", { what: names.full(p) })}
                      onClick={() => onWhy(p)}
                    >
                      {e("why")}
                    </Button>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </section>
      ))}
      {shown.length === 0 && <Text c="dimmed">{t("noRights")}</Text>}
    </Stack>
  );
}

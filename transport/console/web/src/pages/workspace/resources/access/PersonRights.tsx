import { Badge, Button, Skeleton, Stack, Table, Text, Title } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { PrincipalPicker } from "~/explain/PrincipalPicker";
import { byScope, usePermissionNames } from "~/explain/permissions";
import { WhyDialog } from "~/explain/WhyDialog";
import { useMay } from "~/session/may";
import { useUser } from "~/session/SessionProvider";
import { Failure } from "~/shell/Failure";
import { useWorkspace } from "../../workspace";
import type { Resource } from "../NodePanel";

/** PersonRights is everything that one person may and may not do on a node, each with its reason. */
export function PersonRights({ node }: { node: Resource }) {
  const t = useTranslations("resources");
  const { workspace } = useWorkspace();
  const user = useUser();
  const [principal, setPrincipal] = useState<number | null>(user.num);
  const may = useMay(node.num, ["resource.change_permissions"]);
  const of = principal ?? user.num;
  const query = { principal: of === user.num ? undefined : of, limit: 200 };
  const { data, error, refetch } = $api.useQuery("get", "/resources/{resource}/rights", {
    params: { path: { resource: node.num }, query },
  });
  return (
    <Stack gap="sm">
      {may("resource.change_permissions") && (
        <PrincipalPicker
          workspace={workspace.id}
          label={t("rightsOf")}
          always
          value={of}
          onChange={setPrincipal}
          offered={(p) => p.kind !== "group"}
        />
      )}
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!data && !error && <Skeleton height={240} />}
      {data && <RightsTable node={node} rights={data.items} principal={of} />}
    </Stack>
  );
}

function RightsTable({
  node,
  rights,
  principal,
}: {
  node: Resource;
  rights: readonly Schemas["Right"][];
  principal: number;
}) {
  const t = useTranslations("resources");
  const e = useTranslations("explain");
  const names = usePermissionNames();
  const [why, setWhy] = useState<string>();
  const byName = new Map(rights.map((r) => [r.permission, r]));
  return (
    <>
      {byScope(rights.map((r) => r.permission)).map(({ scope, permissions }) => (
        <section key={scope} aria-label={names.scope(scope)}>
          <Title order={3} size="h6" mb={4}>
            {names.scope(scope)}
          </Title>
          <Table verticalSpacing={4} aria-label={names.scope(scope)}>
            <Table.Thead className="visually-hidden">
              <Table.Tr>
                <Table.Th>{t("right.permission")}</Table.Th>
                <Table.Th>{t("right.answer")}</Table.Th>
                <Table.Th>{e("why")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {permissions.map((p) => {
                const right = byName.get(p);
                return (
                  <Table.Tr key={p}>
                    <Table.Td style={{ overflowWrap: "anywhere" }}>{names.permission(p)}</Table.Td>
                    <Table.Td>
                      <Badge
                        variant="light"
                        tt="none"
                        styles={{ label: { overflow: "visible" } }}
                        color={right?.allowed ? "teal" : "red"}
                        autoContrast
                      >
                        {t(right?.allowed ? "right.yes" : "right.no")}
                      </Badge>
                    </Table.Td>
                    <Table.Td ta="right">
                      <Button
                        size="compact-sm"
                        variant="subtle"
                        aria-label={t("whyOf", { what: names.full(p) })}
                        onClick={() => setWhy(p)}
                      >
                        {e("why")}
                      </Button>
                    </Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </section>
      ))}
      {rights.length === 0 && <Text c="dimmed">{t("noRights")}</Text>}
      {why && <WhyDialog node={node.num} permission={why} principal={principal} onClose={() => setWhy(undefined)} />}
    </>
  );
}

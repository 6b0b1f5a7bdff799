import { Badge, Button, Table, Title } from "@mantine/core";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { byScope, usePermissionNames } from "./permissions";

type Props = { rights: readonly Schemas["Right"][]; onWhy: (permission: string) => void };

/** RightsTable is what somebody may and may not do somewhere, by scope, each with a way to its reason. */
export function RightsTable({ rights, onWhy }: Props) {
  const t = useTranslations("explain");
  const names = usePermissionNames();
  const byName = new Map(rights.map((r) => [r.permission, r]));
  return byScope(rights.map((r) => r.permission)).map(({ scope, permissions }) => (
    <section key={scope} aria-label={names.scope(scope)}>
      <Title order={3} size="h6" mb={4}>
        {names.scope(scope)}
      </Title>
      <Table verticalSpacing={4} layout="fixed" aria-label={names.scope(scope)}>
        <Table.Thead className="visually-hidden">
          <Table.Tr>
            <Table.Th>{t("right.permission")}</Table.Th>
            <Table.Th>{t("right.answer")}</Table.Th>
            <Table.Th>{t("why")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {permissions.map((p) => (
            <Table.Tr key={p}>
              <Table.Td style={{ overflowWrap: "anywhere" }}>{names.permission(p)}</Table.Td>
              <Table.Td>
                <Badge
                  variant="light"
                  tt="none"
                  styles={{ label: { overflow: "visible" } }}
                  color={byName.get(p)?.allowed ? "teal" : "red"}
                  autoContrast
                >
                  {t(byName.get(p)?.allowed ? "right.yes" : "right.no")}
                </Badge>
              </Table.Td>
              <Table.Td ta="right">
                <Button
                  size="compact-sm"
                  variant="subtle"
                  aria-label={t("whyOf", { what: names.full(p) })}
                  onClick={() => onWhy(p)}
                >
                  {t("why")}
                </Button>
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  ));
}

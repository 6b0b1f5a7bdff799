import { Badge, Group, Stack, Text, UnstyledButton } from "@mantine/core";
import { IconCheck, IconX } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { useClasses } from "~/explain/classes";
import { usePermissionNames } from "~/explain/permissions";
import { useNamed } from "~/explain/principals";
import { WhyDialog } from "~/explain/WhyDialog";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import type { Resource } from "../NodePanel";
import classes from "../resources.module.css";

type Access = Schemas["Access"];
type Asked = { principal: number; permission: string };

/** The numbers of those whom rules name and who never ask: what everyone may, the guest is explained for. */
const everyone = 2;
const guest = 1;

/** AccessTable is everybody who holds something on a node, with all that each may and may not; each leads to its reason. */
export function AccessTable({ node }: { node: Resource }) {
  const t = useTranslations("resources");
  const [why, setWhy] = useState<Asked>();
  const named = useNamed();
  const columns = useColumns(node, setWhy);
  return (
    <>
      <DataTable
        id="access"
        inside
        label={t("access.title")}
        path="/resources/{resource}/access"
        params={{ resource: node.num }}
        columns={columns}
        rowId={(a) => String(a.principal.num)}
        rowName={(a) => named(a.principal).name}
        searchIn={t("access.search")}
        sort="num"
        empty={{ title: t("access.empty") }}
      />
      {why && <WhyDialog node={node.num} {...why} onClose={() => setWhy(undefined)} />}
    </>
  );
}

function useColumns(node: Resource, ask: (of: Asked) => void): Column<Access>[] {
  const t = useTranslations("resources");
  const names = usePermissionNames();
  const named = useNamed();
  const list = useClasses();
  return useMemo(() => {
    const scopes = list.find((c) => c.name === node.class)?.scopes ?? [];
    const kind = (a: Access) => (a.principal.kind === "group" ? "user" : a.principal.kind);
    return [
      {
        id: "who",
        header: t("access.who"),
        sort: "num",
        fixed: true,
        cell: (a) => (
          <Stack gap={2} miw="8rem">
            <Text size="sm" fw={500}>
              <bdi>{named(a.principal).name}</bdi>
            </Text>
            {a.principal.email && (
              <Text size="xs" c="dimmed">
                {a.principal.email}
              </Text>
            )}
            {(a.supervisor || a.administrator) && (
              <Badge size="sm" variant="light" tt="none">
                {t(a.supervisor ? "access.supervisor" : "access.administrator")}
              </Badge>
            )}
          </Stack>
        ),
        text: (a) => named(a.principal).name,
      },
      {
        id: "kind",
        header: t("access.kind"),
        hidden: true,
        filter: {
          kind: "choice",
          param: "kind",
          options: (["user", "key", "special"] as const).map((value) => ({ value, label: t(`access.${value}`) })),
        },
        cell: (a) => t(`access.${kind(a)}`),
        text: (a) => t(`access.${kind(a)}`),
      },
      ...scopes.map(
        ({ name: scope, permissions }): Column<Access> => ({
          id: scope,
          header: names.scope(scope),
          filter: {
            kind: "choice",
            param: "permission",
            options: permissions.map((p) => ({ value: p.name, label: names.permission(p.name) })),
          },
          cell: (a) => (
            <Group gap={4} miw="9rem">
              {permissions.map(({ name: permission }) => {
                const held = a.permissions.includes(permission);
                const said = { name: named(a.principal).name, what: names.full(permission) };
                const { num } = a.principal;
                return (
                  <UnstyledButton
                    key={permission}
                    className={classes.held}
                    data-held={held}
                    aria-label={t(held ? "access.may" : "access.mayNot", said)}
                    onClick={() => ask({ principal: num === everyone ? guest : num, permission })}
                  >
                    {held ? <IconCheck size={14} aria-hidden /> : <IconX size={14} aria-hidden />}
                    {names.permission(permission)}
                  </UnstyledButton>
                );
              })}
            </Group>
          ),
          text: (a) =>
            permissions
              .filter((p) => a.permissions.includes(p.name))
              .map((p) => names.permission(p.name))
              .join(", "),
        }),
      ),
    ];
  }, [t, names, named, list, node.class, ask]);
}

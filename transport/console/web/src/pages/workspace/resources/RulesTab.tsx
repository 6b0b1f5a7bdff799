import { Badge, Button, SegmentedControl, Stack, Text } from "@mantine/core";
import { IconEdit, IconPlus, IconTrash } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { keeperOf } from "~/explain/decide";
import { NodeName } from "~/explain/NodeName";
import { useSpecial } from "~/explain/principals";
import { RuleForm } from "~/explain/RuleForm";
import { RuleRemoval } from "~/explain/RuleRemoval";
import { useRuleText } from "~/explain/ruleText";
import { useMay } from "~/session/may";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { Time } from "~/text/Time";
import { useWorkspace } from "../workspace";
import type { Resource } from "./NodePanel";
import { PrincipalName } from "./PrincipalName";

type Rule = Schemas["Rule"];
type Opened = { dialog: "add" } | { dialog: "edit" | "remove"; rule: Rule };

/** RulesTab is what is allowed and denied on a node, there itself or from above. */
export function RulesTab({ node }: { node: Resource }) {
  const t = useTranslations("resources");
  const c = useTranslations("common");
  const { workspace, may: mayIn } = useWorkspace();
  const root = node.num === workspace.num;
  const [where, setWhere] = useState<"here" | "above">("here");
  const [opened, setOpened] = useState<Opened>();
  const mayHere = useMay(node.num, ["resource.change_permissions"]);
  const params = { path: { resource: node.num }, query: { fields: "num,display_name" } };
  const { data: path } = $api.useQuery("get", "/resources/{resource}/path", { params });
  const above = (path?.items ?? []).slice(0, -1).map((n) => n.num);
  const manages = root ? mayIn("workspace.manage_rules") : mayHere("resource.change_permissions");
  const columns = useColumns(where === "above");
  const add = manages && (
    <Button size="xs" leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpened({ dialog: "add" })}>
      {t("addRule")}
    </Button>
  );
  const close = () => setOpened(undefined);
  return (
    <Stack gap="sm">
      {!root && (
        <SegmentedControl
          aria-label={t("rulesWhere")}
          data={[
            { value: "here", label: t("rulesHere") },
            { value: "above", label: t("rulesAbove") },
          ]}
          value={where}
          onChange={(v) => setWhere(v as "here" | "above")}
          style={{ alignSelf: "flex-start" }}
        />
      )}
      <Text size="sm" c="dimmed">
        {t("rulesText")}
      </Text>
      {(where === "here" || above.length > 0) && (
        <DataTable
          key={where}
          id="rules"
          inside
          label={t("tab.rules")}
          path="/workspaces/{workspace}/rules"
          params={{ workspace: workspace.id }}
          query={{ node: where === "here" ? String(node.num) : above.join(",") }}
          columns={columns}
          rowId={(r) => r.id}
          rowName={(r) => t("ruleName", { num: r.num })}
          sort="-created"
          actions={add}
          empty={{ title: t("noRules"), text: t("noRulesText"), action: add }}
          rowActions={[
            {
              label: c("modify"),
              icon: <IconEdit size={16} />,
              hidden: (r) => !manages || where === "above" || keeperOf(r) !== undefined,
              run: (rule) => setOpened({ dialog: "edit", rule }),
            },
            {
              label: c("delete"),
              icon: <IconTrash size={16} />,
              danger: true,
              hidden: (r) => !manages || where === "above" || keeperOf(r) !== undefined,
              run: (rule) => setOpened({ dialog: "remove", rule }),
            },
          ]}
        />
      )}
      {opened?.dialog === "add" && (
        <RuleForm node={{ num: node.num, name: node.display_name, class: node.class }} onClose={close} />
      )}
      {opened?.dialog === "edit" && (
        <RuleForm
          node={{ num: node.num, name: node.display_name, class: node.class }}
          rule={opened.rule}
          onClose={close}
        />
      )}
      {opened?.dialog === "remove" && <RuleRemoval rule={opened.rule} onClose={close} />}
    </Stack>
  );
}

function useColumns(withNode: boolean): Column<Rule>[] {
  const t = useTranslations("resources");
  const e = useTranslations("explain");
  const { workspace } = useWorkspace();
  const text = useRuleText();
  const special = useSpecial();
  return useMemo(
    () => [
      {
        id: "principal",
        header: t("rule.who"),
        sort: "principal",
        fixed: true,
        cell: (r) => <PrincipalName workspace={workspace.id} num={r.principal} />,
        text: (r) => special(r.principal)?.name ?? r.principal,
      },
      {
        id: "effect",
        header: t("rule.effect"),
        sort: "effect",
        filter: {
          kind: "choice",
          param: "effect",
          options: [
            { value: "allow", label: e("does.allow") },
            { value: "deny", label: e("does.deny") },
          ],
        },
        cell: (r) => (
          <Badge variant="light" tt="none" color={r.effect === "allow" ? "teal" : "red"} autoContrast>
            {e(`does.${r.effect}`)}
          </Badge>
        ),
        text: (r) => e(`does.${r.effect}`),
      },
      { id: "what", header: t("rule.what"), cell: text.what, text: text.what },
      {
        id: "reach",
        header: t("rule.reach"),
        cell: text.reach,
        text: text.reach,
      },
      ...(withNode
        ? [
            {
              id: "node",
              header: t("rule.node"),
              sort: "node",
              cell: (r: Rule) => <NodeName num={r.node} />,
              text: (r: Rule) => r.node,
            },
          ]
        : []),
      {
        id: "origin",
        header: t("rule.origin"),
        filter: {
          kind: "choice" as const,
          param: "origin",
          options: (["manual", "member", "permission", "key"] as const).map((value) => ({
            value,
            label: value === "manual" ? e("keeper.none") : e(`keeper.${value}`),
          })),
        },
        cell: text.keeper,
        text: text.keeper,
      },
      {
        id: "expires",
        header: t("rule.expires"),
        sort: "expires",
        hidden: true,
        cell: (r) => <Time at={r.expires} day />,
        text: (r) => r.expires,
      },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        hidden: true,
        cell: (r) => <Time at={r.created} />,
        text: (r) => r.created,
      },
    ],
    [t, e, workspace, text, special, withNode],
  );
}

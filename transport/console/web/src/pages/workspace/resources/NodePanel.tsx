import { Anchor, Group, Skeleton, Stack, Tabs, Text, Title } from "@mantine/core";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { useClassName } from "~/explain/classes";
import { Failure } from "~/shell/Failure";
import { useWorkspace } from "../workspace";
import { AccessTab } from "./access/AccessTab";
import { ClassIcon } from "./ClassIcon";
import { DetailsTab } from "./DetailsTab";
import { NodeActions } from "./NodeActions";
import type { Told } from "./Resources";
import { RulesTab } from "./RulesTab";

export type Resource = Schemas["Resource"];

const tabs = ["details", "rules", "access"] as const;

/** NodePanel is what is to be known of a node, what can be done with it, and who may do what there. */
export function NodePanel({ num, told, show }: { num: number; told: Told; show: (num: number) => void }) {
  const t = useTranslations("resources");
  const { may } = useWorkspace();
  const className = useClassName();
  const search = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const params = { path: { resource: num } };
  const { data: node, error, refetch } = $api.useQuery("get", "/resources/{resource}", { params });
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  if (!node) {
    return (
      <Stack aria-busy mih="24rem">
        <Skeleton height={20} width="60%" />
        <Skeleton height={32} width="40%" />
        <Skeleton height={36} />
        <Skeleton height={200} />
      </Stack>
    );
  }
  const offered = tabs.filter((tab) => tab !== "rules" || may("workspace.read_members"));
  const tab = offered.find((x) => x === search.tab) ?? "details";
  return (
    <Stack gap="sm">
      <PathLinks num={num} />
      <Group gap="xs" wrap="nowrap" align="center">
        <ClassIcon of={node.class} size={26} />
        <div>
          <Title order={2} size="h3" style={{ overflowWrap: "anywhere" }}>
            <bdi>{node.display_name}</bdi>
          </Title>
          <Text size="sm" c="dimmed">
            {className(node.class)}
          </Text>
        </div>
      </Group>
      <NodeActions node={node} told={told} show={show} />
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) =>
          void navigate({
            to: ".",
            search: ((was: object) => ({ ...was, tab: next === "details" ? undefined : next })) as never,
            replace: true,
          })
        }
      >
        <Tabs.List>
          {offered.map((x) => (
            <Tabs.Tab key={x} value={x}>
              {t(`tab.${x}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="details" pt="md">
          <DetailsTab node={node} />
        </Tabs.Panel>
        <Tabs.Panel value="rules" pt="md">
          <RulesTab node={node} />
        </Tabs.Panel>
        <Tabs.Panel value="access" pt="md">
          <AccessTab node={node} />
        </Tabs.Panel>
      </Tabs>
    </Stack>
  );
}

/** PathLinks lead to what a node lies in. */
function PathLinks({ num }: { num: number }) {
  const t = useTranslations("resources");
  const params = { path: { resource: num }, query: { fields: "num,display_name" } };
  const { data } = $api.useQuery("get", "/resources/{resource}/path", { params }, { retry: false });
  const above = data?.items.slice(0, -1) ?? [];
  return (
    <nav aria-label={t("path")} style={{ minHeight: 22 }}>
      <Group component="ol" gap={6} m={0} p={0} style={{ listStyle: "none" }}>
        {above.map((n, i) => (
          <Text component="li" key={n.num} size="sm" style={{ overflowWrap: "anywhere" }}>
            {i > 0 && (
              <Text span aria-hidden c="dimmed" mr={6}>
                ›
              </Text>
            )}
            <Anchor
              component={Link}
              to="."
              search={((was: object) => ({ ...was, node: String(n.num) })) as never}
              size="sm"
              inherit
            >
              <bdi>{n.display_name}</bdi>
            </Anchor>
          </Text>
        ))}
      </Group>
    </nav>
  );
}

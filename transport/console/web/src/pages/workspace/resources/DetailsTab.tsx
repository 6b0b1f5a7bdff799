import { Divider, Stack, Text, Title } from "@mantine/core";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { usePrincipals } from "~/explain/principals";
import { useAmount } from "~/text/amount";
import { Time } from "~/text/Time";
import { useWorkspace } from "../workspace";
import type { Resource } from "./NodePanel";
import { plain } from "./plain";
import { SettingsView } from "./SettingsView";
import { ValueView } from "./ValueView";

/** DetailsTab is what a node is: facts, what it takes, and its settings as its class has them. */
export function DetailsTab({ node }: { node: Resource }) {
  const t = useTranslations("resources");
  const { workspace } = useWorkspace();
  const nameOf = usePrincipals(
    workspace.id,
    useMemo(() => [node.owner], [node.owner]),
  );
  const meta = Object.entries(node.meta);
  return (
    <Stack>
      <Facts
        of={[
          [t("owner"), node.owner ? <bdi key="owner">{nameOf(node.owner).name}</bdi> : t("nobody")],
          [t("keyname"), node.keyname],
          [t("description"), plain(node.description)],
          [t("volume"), node.num === workspace.num ? undefined : <Volume key="volume" num={node.num} />],
          [t("created"), <Time key="created" at={node.created} />],
          [t("updated"), <Time key="updated" at={node.updated} />],
        ]}
      />
      <CopyField label={t("number")} value={String(node.num)} />
      {meta.length > 0 && (
        <>
          <Divider />
          <Title order={3} size="h5">
            {t("meta")}
          </Title>
          <ValueView value={node.meta} />
        </>
      )}
      <SettingsView node={node} />
    </Stack>
  );
}

/** Volume is how much a node takes, with all in it. */
function Volume({ num }: { num: number }) {
  const t = useTranslations("resources");
  const amount = useAmount();
  const params = { path: { resource: num }, query: { below: true } };
  const { data, error } = $api.useQuery("get", "/resources/{resource}/volume", { params }, { retry: false });
  if (error) {
    return <Text span>–</Text>;
  }
  return data ? amount(data.bytes, "bytes") : t("loading");
}

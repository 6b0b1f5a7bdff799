import { Skeleton, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { PrincipalPicker } from "~/explain/PrincipalPicker";
import { RightsTable } from "~/explain/RightsTable";
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
  const [why, setWhy] = useState<string>();
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
      {data && <RightsTable rights={data.items} onWhy={setWhy} />}
      {data?.items.length === 0 && <Text c="dimmed">{t("noRights")}</Text>}
      {why && <WhyDialog node={node.num} permission={why} principal={of} onClose={() => setWhy(undefined)} />}
    </Stack>
  );
}

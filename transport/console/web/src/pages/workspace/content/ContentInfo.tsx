import { Modal, Skeleton, Stack } from "@mantine/core";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Facts } from "~/dialog/Facts";
import { useClasses, useClassName } from "~/explain/classes";
import { Failure } from "~/shell/Failure";
import { Time } from "~/text/Time";
import { PathLine } from "../resources/PathLine";
import { plain } from "../resources/plain";
import { SettingsView } from "../resources/SettingsView";
import { LayerView } from "./LayerView";

/** ContentInfo is what is to be known of a resource, for who reads it alone. */
export function ContentInfo({ num, onClose }: { num: number; onClose: () => void }) {
  const t = useTranslations("resources");
  const c = useTranslations("common");
  const className = useClassName();
  const classes = useClasses();
  const params = { path: { resource: num } };
  const { data: node, error, refetch } = $api.useQuery("get", "/resources/{resource}", { params });
  const layer = classes.find((k) => k.name === node?.class)?.interfaces.includes("IFeatureLayer");
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={node?.display_name ?? t("loading")}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      {error && <Failure error={error} retry={() => void refetch()} />}
      {!node && !error && <Skeleton height={240} />}
      {node && (
        <Stack>
          <Facts
            of={[
              [t("name"), <bdi key="name">{node.display_name}</bdi>],
              [t("class"), className(node.class)],
              [t("path"), <PathLine key="path" parent={node.parent} />],
              [t("keyname"), node.keyname],
              [t("description"), plain(node.description)],
              [t("created"), <Time key="created" at={node.created} />],
              [t("updated"), <Time key="updated" at={node.updated} />],
            ]}
          />
          {layer && <LayerView num={node.num} />}
          <SettingsView node={node} />
        </Stack>
      )}
    </Modal>
  );
}

import { Anchor, List, Skeleton, Text } from "@mantine/core";
import { useFormatter, useTranslations } from "use-intl";
import { $api, apiBase } from "~/api/client";
import { Facts } from "~/dialog/Facts";
import { useAmount } from "~/text/amount";

/** How many features are looked at for attachments. */
const looked = 50;

/** LayerView is what is in a layer: how many features, where they lie, and what is attached to the first of them. */
export function LayerView({ num }: { num: number }) {
  const t = useTranslations("resources");
  const format = useFormatter();
  const amount = useAmount();
  const path = { resource: num };
  const once = { retry: false };
  const count = $api.useQuery("get", "/resources/{resource}/features/count", { params: { path } }, once);
  const extent = $api.useQuery("get", "/resources/{resource}/features/extent", { params: { path } }, once);
  const features = $api.useQuery(
    "get",
    "/resources/{resource}/features",
    { params: { path, query: { limit: looked, geometry: "none" } } },
    once,
  );
  if (count.error) {
    return (
      <Text size="sm" c="dimmed">
        {t("layer.hidden")}
      </Text>
    );
  }
  if (!count.data || extent.isPending || features.isPending) {
    return <Skeleton height={120} />;
  }
  const box = extent.data?.extent;
  const degrees = (value: number) => format.number(value, { maximumFractionDigits: 5 });
  const attached =
    features.data?.items.flatMap((f) => (f.attachments ?? []).map((a) => ({ feature: f.id, ...a }))) ?? [];
  return (
    <Facts
      of={[
        [t("layer.features"), format.number(count.data.total)],
        [
          t("layer.extent"),
          box
            ? t("layer.box", {
                west: degrees(box.min_lon),
                south: degrees(box.min_lat),
                east: degrees(box.max_lon),
                north: degrees(box.max_lat),
              })
            : t("layer.nowhere"),
        ],
        [
          t("layer.attachments", { features: Math.min(looked, count.data.total) }),
          attached.length === 0 ? (
            t("layer.none")
          ) : (
            <List key="attachments" size="sm">
              {attached.map((a) => (
                <List.Item key={`${a.feature} ${a.id}`}>
                  <Anchor
                    href={`${apiBase}/resources/${num}/features/${a.feature}/attachments/${a.id}/content`}
                    download
                  >
                    <bdi>{a.name}</bdi>
                  </Anchor>{" "}
                  ({amount(a.size, "bytes")})
                </List.Item>
              ))}
            </List>
          ),
        ],
      ]}
    />
  );
}

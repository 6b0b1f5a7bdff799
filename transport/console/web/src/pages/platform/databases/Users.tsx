import { List, Skeleton, Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useWorkspacesOf } from "./database";

/** Users names the workspaces that use a database, where something befalls them. */
export function Users({ of }: { of: string }) {
  const t = useTranslations("databases");
  const { data, isPending } = useWorkspacesOf(of);
  if (isPending) {
    return <Skeleton height={44} />;
  }
  const items = data?.items ?? [];
  if (items.length === 0) {
    return <Text size="sm">{t("usedByNone")}</Text>;
  }
  const more = (data?.total ?? items.length) - items.length;
  return (
    <div>
      <Text size="sm" fw={600}>
        {t("usedBy", { count: data?.total ?? items.length })}
      </Text>
      <List size="sm">
        {items.map((w) => (
          <List.Item key={w.id} style={{ overflowWrap: "anywhere" }}>
            {w.name}
          </List.Item>
        ))}
        {more > 0 && <List.Item>{t("more", { count: more })}</List.Item>}
      </List>
    </div>
  );
}

import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";

/** WorkspaceName is what a workspace is called that an event names by its identifier; one that is gone has that alone. */
export function WorkspaceName({ id }: { id: string }) {
  const t = useTranslations("audit");
  const { data: name, isError } = useQuery({
    queryKey: ["audit", "workspace", id],
    staleTime: 5 * 60_000,
    retry: false,
    queryFn: async ({ signal }) => {
      const params = { path: { workspace: id }, query: { fields: "id,name" } };
      return (await done(api.GET("/workspaces/{workspace}", { params, signal }))).name;
    },
  });
  if (isError) {
    return (
      <Text size="sm" c="dimmed" title={id}>
        {t("gone", { id: id.slice(0, 8) })}
      </Text>
    );
  }
  return (
    <Anchor component={Link} to={`/workspaces/${encodeURIComponent(id)}`} size="sm">
      {name ?? id.slice(0, 8)}
    </Anchor>
  );
}

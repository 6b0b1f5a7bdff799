import { $api } from "~/api/client";

/** PathLine is where something lies: what is above it from the workspace down, which siblings share. */
export function PathLine({ parent }: { parent: number }) {
  const { data } = $api.useQuery(
    "get",
    "/resources/{resource}/path",
    { params: { path: { resource: parent }, query: { fields: "num,display_name" } } },
    { staleTime: 60_000, retry: false },
  );
  return <bdi>{data?.items.map((n) => n.display_name).join(" › ") ?? "…"}</bdi>;
}

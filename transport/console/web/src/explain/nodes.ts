import { $api } from "~/api/client";

/** useNodeName reads what a node is called; its number until it is known, or where the reader may not see it. */
export function useNodeName(num: number | undefined): string {
  const { data } = $api.useQuery(
    "get",
    "/resources/{resource}",
    { params: { path: { resource: num ?? 0 }, query: { fields: "num,display_name" } } },
    { enabled: num !== undefined && num > 0, staleTime: 60_000, retry: false },
  );
  return data?.display_name ?? (num === undefined ? "–" : `#${num}`);
}

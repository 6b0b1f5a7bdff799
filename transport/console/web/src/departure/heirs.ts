import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { list, longestPage, type Schemas } from "~/api/list";

export type Heir = Schemas["Heir"];

/**
 * useHeirs finds who may own something in place of another, who leaves, as others perhaps do with him. `none` is true
 * where there is nobody at all.
 */
export function useHeirs(workspace: string, principal: number, without: readonly number[], q: string | undefined) {
  const limit = Math.min(longestPage, 50 + without.length);
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["heirs", "/workspaces/{workspace}/members", workspace, principal, q, limit],
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      list(
        "/workspaces/{workspace}/members/{principal}/heirs",
        { workspace, principal },
        { q, sort: "name", limit },
        signal,
      ),
  });
  const heirs = (data?.items ?? []).filter((h) => !without.includes(h.principal));
  const none = data !== undefined && !isFetching && q === undefined && heirs.length === 0 && !data.next;
  return { heirs, none, busy: isFetching, error, retry: () => void refetch() };
}

import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { all, type Schemas } from "~/api/list";

export type Heir = Schemas["Heir"];

/** useHeirs reads everybody who may own something in place of another, who leaves, as others perhaps do with him. */
export function useHeirs(workspace: string, principal: number, without: readonly number[] = []) {
  const { data, error, refetch } = useQuery({
    queryKey: ["heirs", "/workspaces/{workspace}/members", workspace, principal],
    queryFn: async ({ signal }) => {
      const heirs: Heir[] = [];
      const path = "/workspaces/{workspace}/members/{principal}/heirs";
      for await (const { items } of all(path, { workspace, principal }, { sort: "name" }, signal)) {
        heirs.push(...items);
      }
      return heirs;
    },
  });
  const heirs = useMemo(() => data?.filter((h) => !without.includes(h.principal)), [data, without]);
  return { heirs, error, retry: () => void refetch() };
}

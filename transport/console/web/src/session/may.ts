import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { api, done } from "~/api/client";

/**
 * useMay asks what the caller may on a node of the tree: `const may = useMay(workspace.num, ["workspace.manage_keys"])`,
 * then `may("workspace.manage_keys")`. What is not known yet is not allowed. It decides what is offered alone: the server
 * decides what is done.
 */
export function useMay<P extends string>(
  node: number | undefined,
  permissions: readonly P[],
): (permission: P) => boolean {
  const { data } = useQuery({
    queryKey: ["may", "/check", node, permissions],
    enabled: node !== undefined,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const checks = permissions.map((permission) => ({ node: node as number, permission }));
      const { allowed } = await done(api.POST("/check", { body: { checks }, signal }));
      const answers = Array.isArray(allowed) ? allowed : [allowed];
      return new Set(permissions.filter((_, i) => answers[i]));
    },
  });
  return (permission) => data?.has(permission) ?? false;
}

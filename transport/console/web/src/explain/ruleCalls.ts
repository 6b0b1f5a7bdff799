import { useMemo } from "react";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { useWorkspace } from "~/pages/workspace/workspace";

export type RuleDraft = Schemas["ResourceRule"];
export type Trial = { differences: Schemas["Difference"][]; more: boolean; unknown: number[] };

/** No trial is told of: whoever may change a workspace's rules without those of its resources is not shown any. */
const untold: Trial = { differences: [], more: false, unknown: [] };

function trialOf(said: Partial<Trial>): Trial {
  return { differences: said.differences ?? [], more: said.more ?? false, unknown: said.unknown ?? [] };
}

/**
 * useRuleCalls returns what tries and makes changes of rules. Rules on the workspace itself are changed through the
 * workspace by who may do that alone.
 */
export function useRuleCalls() {
  const { workspace, may } = useWorkspace();
  const changed = useChanged();
  const throughResources = may("resource.change_permissions");
  return useMemo(() => {
    const asWorkspace = (node: number) => node === workspace.num && !throughResources;
    const at = (resource: number) => ({ params: { path: { resource } } });
    const told = () =>
      changed(
        "/resources/{resource}/rules",
        "/workspaces/{workspace}/rules",
        "/resources/{resource}/rights",
        "/resources/{resource}/access",
        "/workspaces/{workspace}/members/{principal}/rights",
        "/explain",
        "/check",
      );
    return {
      tryAdd: async (node: number, rule: RuleDraft): Promise<Trial> => {
        const query = { dry_run: true };
        if (asWorkspace(node)) {
          const params = { path: { workspace: workspace.id }, query };
          const said = await done(api.POST("/workspaces/{workspace}/rules", { params, body: { ...rule, node } }));
          return trialOf(said as Partial<Trial>);
        }
        const params = { path: { resource: node }, query };
        return trialOf((await done(api.POST("/resources/{resource}/rules", { params, body: rule }))) as Partial<Trial>);
      },
      add: async (node: number, rule: RuleDraft): Promise<void> => {
        if (asWorkspace(node)) {
          const params = { path: { workspace: workspace.id } };
          await api.POST("/workspaces/{workspace}/rules", { params, body: { ...rule, node } });
        } else {
          await api.POST("/resources/{resource}/rules", { ...at(node), body: rule });
        }
        await told();
      },
      tryRemove: async (node: number, rule: string): Promise<Trial> => {
        if (asWorkspace(node)) {
          return untold;
        }
        const params = { path: { resource: node, rule }, query: { dry_run: true } };
        return trialOf((await done(api.DELETE("/resources/{resource}/rules/{rule}", { params }))) ?? {});
      },
      remove: async (node: number, rule: string): Promise<void> => {
        if (asWorkspace(node)) {
          const params = { path: { workspace: workspace.id, rule } };
          await api.DELETE("/workspaces/{workspace}/rules/{rule}", { params });
        } else {
          await api.DELETE("/resources/{resource}/rules/{rule}", { params: { path: { resource: node, rule } } });
        }
        await told();
      },
      /** Puts a rule in the place of another, as one change. */
      replace: async (node: number, old: string, rule: RuleDraft, dryRun: boolean): Promise<Trial> => {
        const { data, response } = await api.GET("/resources/{resource}/rules", at(node));
        const rules = (data?.rules ?? []).map((r) => (r.id === old ? rule : draftOf(r)));
        const params = {
          path: { resource: node },
          query: { dry_run: dryRun },
          header: { "If-Match": response.headers.get("ETag") ?? undefined },
        };
        const said = await done(api.PUT("/resources/{resource}/rules", { params, body: { rules } }));
        if (!dryRun) {
          await told();
        }
        return trialOf(said);
      },
    };
  }, [workspace, throughResources, changed]);
}

/** draftOf returns what a rule is made of. */
export function draftOf(rule: Schemas["Rule"]): RuleDraft {
  const { effect, principal, role, scope, permission, class: of, propagate, expires } = rule;
  return { effect, principal, role, scope, permission, class: of, propagate, expires };
}

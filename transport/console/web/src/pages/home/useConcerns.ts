import { useQueries } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { isBuiltin, usePoolName } from "~/quota/names";
import { fullnessOf } from "~/quota/share";
import { useAmount } from "~/text/amount";

/** A Concern is something that somebody should see to, and where he can. */
export type Concern = {
  id: string;
  kind: "full" | "near" | "pending";
  text: string;
  to: string;
  search?: Record<string, string>;
};

/** In how many of one's own workspaces is looked: it is a page that everybody opens. */
const workspaces = 8;

/** useConcerns reads what in one's own workspaces, and for administrators on the platform, somebody should see to. */
export function useConcerns(administers: boolean): { concerns: Concern[]; isPending: boolean; isNone: boolean } {
  const t = useTranslations("home");
  const poolName = usePoolName();
  const amount = useAmount();
  const mine = $api.useQuery("get", "/me/workspaces", { params: { query: { limit: 200, sort: "name" } } });
  const led = (mine.data?.items ?? [])
    .filter((m) => m.workspace.active && (m.supervisor || m.roles.includes("Administrator")))
    .slice(0, workspaces)
    .map((m) => m.workspace);
  const pools = $api.useQuery(
    "get",
    "/pools",
    { params: { query: { limit: 200, sort: "-used" } } },
    { enabled: administers },
  );
  const shares = useQueries({
    queries: led.map(({ id }) =>
      $api.queryOptions("get", "/workspaces/{workspace}/allocations", {
        params: { path: { workspace: id }, query: { limit: 200, sort: "pool" } },
      }),
    ),
  });
  const invitations = useQueries({
    queries: led.map(({ id }) =>
      $api.queryOptions("get", "/workspaces/{workspace}/invitations", {
        params: { path: { workspace: id }, query: { state: "pending", limit: 1 } },
      }),
    ),
  });

  const concerns: Concern[] = [];
  for (const pool of pools.data?.items ?? []) {
    const kind = urgent(fullnessOf({ use: pool.use, limit: pool.capacity }));
    if (kind && !isBuiltin(pool) && pool.unit !== "none") {
      concerns.push({
        id: `pool ${pool.id}`,
        kind,
        text: t(`attention.pool.${kind}`, {
          name: poolName(pool),
          use: amount(pool.use, pool.unit),
          limit: amount(pool.capacity ?? 0, pool.unit),
        }),
        to: `/platform/pools/${pool.id}`,
      });
    }
  }
  led.forEach((workspace, i) => {
    for (const share of shares[i]?.data?.items ?? []) {
      const kind = urgent(fullnessOf(share));
      if (kind && share.pool.unit !== "none") {
        concerns.push({
          id: `share ${workspace.id} ${share.pool.id} ${share.slot}`,
          kind,
          text: t(`attention.share.${kind}`, { workspace: workspace.name, name: poolName(share.pool) }),
          to: `/workspaces/${workspace.id}`,
        });
      }
    }
    const pending = invitations[i]?.data?.total ?? 0;
    if (pending > 0) {
      concerns.push({
        id: `invitations ${workspace.id}`,
        kind: "pending",
        text: t("attention.pending", { workspace: workspace.name, count: pending }),
        to: `/workspaces/${workspace.id}/invitations`,
        search: { state: "pending" },
      });
    }
  });
  const order = { full: 0, near: 1, pending: 2 };
  concerns.sort((a, b) => order[a.kind] - order[b.kind]);
  return {
    concerns,
    isPending: mine.isPending || [...shares, ...invitations, ...(administers ? [pools] : [])].some((q) => q.isPending),
    isNone: !administers && (mine.isPending || led.length === 0),
  };
}

function urgent(fullness: ReturnType<typeof fullnessOf>): "full" | "near" | undefined {
  if (fullness === "near") {
    return "near";
  }
  return fullness === "full" || fullness === "over" ? "full" : undefined;
}

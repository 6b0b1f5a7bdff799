import { useCallback, useEffect, useRef, useState } from "react";
import { api, done } from "~/api/client";
import { all, type Schemas } from "~/api/list";

type Allocation = Schemas["Allocation"];
export type PoolShare = { workspace: { id: string; name: string; active: boolean }; share: Allocation };

type Found = {
  shares: PoolShare[];
  looked: number;
  total?: number;
  running: boolean;
  error?: unknown;
};

/** How many workspaces are asked at once. */
const atOnce = 4;

/** usePoolShares looks through all workspaces for shares of a facility, and tells what it has found by then. */
export function usePoolShares(pool: string) {
  const [found, setFound] = useState<Found>();
  const control = useRef<AbortController>(undefined);

  const look = useCallback(async () => {
    control.current?.abort();
    const own = new AbortController();
    control.current = own;
    const { signal } = own;
    const tell = (change: (was: Found) => Found) => {
      if (!signal.aborted) {
        setFound((was) => change(was ?? { shares: [], looked: 0, running: true }));
      }
    };
    tell((was) => ({ ...was, looked: 0, running: true, error: undefined }));
    const shares: PoolShare[] = [];
    try {
      for await (const page of all("/workspaces", {}, { sort: "name" }, signal)) {
        tell((was) => ({ ...was, total: page.total }));
        for (let i = 0; i < page.items.length; i += atOnce) {
          const some = page.items.slice(i, i + atOnce);
          const lists = await Promise.all(
            some.map(({ id }) =>
              done(
                api.GET("/workspaces/{workspace}/allocations", {
                  params: { path: { workspace: id }, query: { limit: 200 } },
                  signal,
                }),
              ),
            ),
          );
          lists.forEach(({ items }, n) => {
            const workspace = some[n];
            for (const share of items) {
              if (workspace && share.pool.id === pool) {
                shares.push({ workspace, share });
              }
            }
          });
          tell((was) => ({ ...was, looked: was.looked + some.length }));
        }
      }
      tell((was) => ({ ...was, shares: [...shares], running: false }));
    } catch (error) {
      tell((was) => ({ ...was, shares: [...shares], running: false, error }));
    }
  }, [pool]);

  const stop = useCallback(() => {
    control.current?.abort();
    setFound((was) => was && { ...was, running: false });
  }, []);

  useEffect(() => () => control.current?.abort(), []);
  return { found, look, stop };
}

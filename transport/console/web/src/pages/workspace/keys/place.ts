import { useMemo } from "react";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";

export type Key = Schemas["Key"];
export type NewKey = Omit<Schemas["KeyNew"], "role"> & { role?: Schemas["KeyNew"]["role"] };

/** What is to become of what a key owns that is deleted. */
export type Disposal = { transfer_to?: number; delete_resources?: boolean; cascade?: boolean };

/** Keys of a workspace and one's own are made and ended alike, at different addresses. */
export function useKeys(workspace?: string) {
  const changed = useChanged();
  return useMemo(() => {
    const at = (key: string) => ({ path: { workspace: workspace ?? "", key } });
    return {
      /** again names a request, so that it can be sent twice and make one key. */
      async make(body: NewKey, again: string): Promise<Key> {
        const header = { "Idempotency-Key": again };
        const { role, ...own } = body;
        return workspace
          ? done(
              api.POST("/workspaces/{workspace}/keys", {
                params: { path: { workspace }, header },
                body: { ...own, role: role ?? "Viewer" },
              }),
            )
          : done(api.POST("/me/keys", { params: { header }, body: own }));
      },
      async rotate(key: Key, overlap: number, again: string): Promise<Key> {
        const header = { "Idempotency-Key": again };
        const params = { ...at(key.id), header };
        return workspace
          ? done(api.POST("/workspaces/{workspace}/keys/{key}/rotate", { params, body: { overlap } }))
          : done(api.POST("/me/keys/{key}/rotate", { params, body: { overlap } }));
      },
      async revoke(key: Key): Promise<Key> {
        return workspace
          ? done(api.POST("/workspaces/{workspace}/keys/{key}/revoke", { params: at(key.id) }))
          : done(api.POST("/me/keys/{key}/revoke", { params: at(key.id) }));
      },
      /** With dry_run nothing goes, and what stands against it is thrown. */
      async remove(key: Key, query: Disposal & { dry_run?: boolean } = {}): Promise<void> {
        if (workspace) {
          await api.DELETE("/workspaces/{workspace}/keys/{key}", { params: { ...at(key.id), query } });
        } else {
          await api.DELETE("/me/keys/{key}", { params: { ...at(key.id), query: { dry_run: query.dry_run } } });
        }
      },
      changed: () => changed(workspace ? "/workspaces/{workspace}/keys" : "/me/keys"),
    };
  }, [workspace, changed]);
}

/** again returns what no other request is named by. */
export function again(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");
}

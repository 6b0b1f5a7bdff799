import { keepPreviousData } from "@tanstack/react-query";
import { $api, apiBase } from "~/api/client";
import type { Schemas } from "~/api/list";

export type Database = Schemas["Database"];
export type Backup = Schemas["Backup"];

/** What somebody may do with a database; the server decides whether it is done. */
export type DatabaseRights = { backUp: boolean; lock: boolean; manage: boolean };

/** What reads a database anew, whatever was done with it. */
export const ofDatabases = [
  "/databases",
  "/databases/{database}",
  "/databases/{database}/stats",
  "/databases/{database}/backups",
  "/backups",
  "/workspaces",
] as const;

/** What a name of a database is made of. */
export const databaseName = /^[a-z][a-z0-9_-]{0,47}$/;

/** How often what is under way is asked after, and how often what is looked at is measured, in milliseconds. */
const soon = 2_000;
const now = 15_000;

/** useDatabase reads a database, again and again while something is under way with it. */
export function useDatabase(name: string) {
  return $api.useQuery(
    "get",
    "/databases/{database}",
    { params: { path: { database: name } } },
    { refetchInterval: ({ state }) => (state.data && state.data.state !== "ready" ? soon : false) },
  );
}

/** useDatabaseStats measures a database as long as somebody looks. */
export function useDatabaseStats(name: string) {
  return $api.useQuery(
    "get",
    "/databases/{database}/stats",
    { params: { path: { database: name } } },
    { refetchInterval: now, placeholderData: keepPreviousData },
  );
}

/** useWorkspacesOf reads which workspaces use a database, as many as are named where something befalls them. */
export function useWorkspacesOf(name: string) {
  return $api.useQuery("get", "/workspaces", { params: { query: { database: name, limit: 20, sort: "name" } } });
}

/** Where a browser downloads a fresh backup of a database. */
export const copyOf = (name: string): string => `${apiBase}/databases/${encodeURIComponent(name)}/backup`;

/** Where a browser downloads a backup that is kept. */
export const fileOf = (backup: string): string => `${apiBase}/backups/${encodeURIComponent(backup)}/file`;

/** download has the browser fetch a file, as a click on a link to it does. */
export function download(address: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = ""; // as the server calls it
  link.click();
}

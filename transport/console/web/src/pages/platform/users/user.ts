import type { Schemas } from "~/api/list";

export type User = Schemas["User"];

/** What reads a user anew, whatever was done with him. */
export const ofUsers = [
  "/users",
  "/users/{user}",
  "/users/{user}/sessions",
  "/users/{user}/workspaces",
  "/users/{user}/allocations",
] as const;

const day = 24 * 3600 * 1000;

/** daysAgo returns a day as the API takes it. */
export function daysAgo(days: number, now = Date.now()): string {
  return new Date(now - days * day).toISOString().slice(0, 10);
}

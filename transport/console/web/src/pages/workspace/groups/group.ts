import type { Schemas } from "~/api/list";

export type Group = Schemas["Group"];
export type Person = Schemas["Person"];

/** What reads groups anew, whatever was done with one of them: its members may do something else by then. */
export const ofGroups = [
  "/workspaces/{workspace}/groups",
  "/groups/{group}",
  "/groups/{group}/users",
  "/workspaces/{workspace}/members",
  "/workspaces/{workspace}/members/{principal}",
  "/workspaces/{workspace}/members/{principal}/rights",
] as const;

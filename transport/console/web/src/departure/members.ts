/** What reads members of a workspace anew, whatever was done with one of them. */
export const ofMembers = [
  "/workspaces/{workspace}/members",
  "/workspaces/{workspace}/members/{principal}",
  "/workspaces/{workspace}/members/{principal}/holdings",
  "/workspaces/{workspace}/members/{principal}/rights",
  "/workspaces/{workspace}/groups",
  "/groups/{group}/users",
  "/groups/{group}",
  "/workspaces/{workspace}/seats",
] as const;

/** landing is where somebody is who has just joined: what he may do there decides (J-67). */
export function landing(workspace: string, roles: readonly string[]): string {
  const at = `/workspaces/${workspace}`;
  return roles.includes("Administrator") || roles.includes("Editor") ? at : `${at}/content`;
}

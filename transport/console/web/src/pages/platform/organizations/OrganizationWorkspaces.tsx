import { WorkspaceTable } from "../workspaces/WorkspaceTable";
import type { Organization, OrganizationMay } from "./organization";

/** OrganizationWorkspaces are the workspaces that an organization pays for. */
export function OrganizationWorkspaces({ organization, may }: { organization: Organization; may: OrganizationMay }) {
  return <WorkspaceTable organization={organization} manages={may("tenancy.manage_workspaces")} />;
}

import { createContext, useContext } from "react";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { useMay } from "~/session/may";

export type Workspace = Schemas["Workspace"];

/** What is asked about every workspace that is opened, in one question. */
const asked = [
  "workspace.read",
  "workspace.update",
  "workspace.transfer",
  "workspace.read_members",
  "workspace.manage_members",
  "workspace.manage_keys",
  "workspace.manage_rules",
  "workspace.read_activity",
  "workspace.read_audit",
  "datastore.read",
  "database.read",
  "database.back_up",
  "database.lock",
  "resource.read",
  "resource.manage_children",
  "resource.change_permissions",
] as const;

/** What is needed above the workspace, in its organization or on the platform, to open, close and delete it. */
const askedAbove = ["tenancy.manage_workspaces"] as const;
export type WorkspacePermission = (typeof asked)[number] | (typeof askedAbove)[number];

/** useWorkspaceMay reads a workspace, and what the reader may in it. */
export function useWorkspaceMay(id: string) {
  const {
    data: workspace,
    error,
    refetch,
  } = $api.useQuery("get", "/workspaces/{workspace}", { params: { path: { workspace: id } } });
  const here = useMay<WorkspacePermission>(workspace?.num, asked);
  const above = useMay<WorkspacePermission>(
    workspace && (workspace.organization ? workspace.organization.num : 0),
    askedAbove,
  );
  return { workspace, error, retry: () => void refetch(), may: (p: WorkspacePermission) => here(p) || above(p) };
}

type Opened = { workspace: Workspace; may: (permission: WorkspacePermission) => boolean };
export const WorkspaceContext = createContext<Opened | undefined>(undefined);

/** useWorkspace returns the workspace that a page is of, and what the reader may in it. */
export function useWorkspace(): Opened {
  const opened = useContext(WorkspaceContext);
  if (!opened) {
    throw new Error("useWorkspace outside of WorkspaceLayout");
  }
  return opened;
}

import type { Schemas } from "~/api/list";
import { useMay } from "~/session/may";

export type Organization = Schemas["Organization"];

/** What reads an organization anew. */
export const ofOrganizations = ["/organizations", "/organizations/{organization}"] as const;

const here = ["organization.update", "organization.manage_users", "tenancy.manage_workspaces"] as const;
const everywhere = ["platform.allocate", "platform.manage_organizations"] as const;
export type OrganizationPermission = (typeof here)[number] | (typeof everywhere)[number];
export type OrganizationMay = (permission: OrganizationPermission) => boolean;

/** useOrganizationMay asks what the reader may with an organization. */
export function useOrganizationMay(num: number | undefined): OrganizationMay {
  const inIt = useMay<OrganizationPermission>(num, here);
  const onPlatform = useMay<OrganizationPermission>(0, everywhere);
  return (permission) => inIt(permission) || onPlatform(permission);
}

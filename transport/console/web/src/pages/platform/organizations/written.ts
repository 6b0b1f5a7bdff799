import type { Schemas } from "~/api/list";
import type { Organization } from "./organization";

const texts = [
  "name",
  "siren",
  "siret",
  "vat",
  "economic_model",
  "image",
  "network",
  "note",
  "contact",
  "tech_contact",
  "address",
  "billing_address",
] as const;
const limits = ["uploads_quota", "databases_quota"] as const;

/** What is written in the form of an organization; a limit is an empty text while nothing is written. */
export type Written = Record<(typeof texts)[number], string> & Record<(typeof limits)[number], number | null | "">;

/** written returns what the form of an organization begins with. */
export function written(organization: Organization): Written {
  return Object.fromEntries([...texts, ...limits].map((name) => [name, organization[name]])) as Written;
}

/** changesOf returns what was changed in the form, so that what somebody else changed meanwhile stays. */
export function changesOf(organization: Organization, form: Written): Schemas["OrganizationPatch"] {
  const changes: Record<string, string | number | null> = {};
  for (const name of texts) {
    // Lines that end as another system ends them are no change.
    const now = form[name].replaceAll("\r\n", "\n").trim();
    if (now !== organization[name].replaceAll("\r\n", "\n").trim()) {
      changes[name] = now;
    }
  }
  for (const name of limits) {
    if (form[name] !== organization[name]) {
      changes[name] = form[name];
    }
  }
  return changes as Schemas["OrganizationPatch"];
}

import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { languages } from "~/text/catalog";

export type Invitation = Schemas["Invitation"];

/** The roles that an invitation gives, of which it gives one (J-60). */
export const roles = ["Administrator", "Editor", "Viewer"] as const;

export const states = ["pending", "accepted", "declined", "revoked", "expired"] as const;

/** What an invitation is called: the address that it is for, or that it is a link for several. */
export function useInvitationName(): (invitation: Invitation) => string {
  const t = useTranslations("invitations");
  return (i) => (i.kind === "personal" ? i.email : t("openLink"));
}

/** Languages that somebody can be written to in, named in themselves. */
export const correspondence = Object.entries(languages).map(([value, label]) => ({ value, label }));

/** languageName names a language that somebody is written to in. */
export function languageName(tag: string): string {
  return correspondence.find((l) => l.value === tag.split("-")[0])?.label ?? tag;
}

/** isOpen reports whether something can be done about an invitation still. */
export const isWithdrawable = (i: Invitation): boolean => i.state === "pending" || i.state === "expired";

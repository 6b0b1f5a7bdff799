import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import en from "~/text/en/audit.json";

export type AuditEvent = Schemas["AuditEvent"];

/** What the actions of the trail begin with, in the order that people look for them. */
export const categories = Object.keys(en.category) as Category[];
export type Category = keyof typeof en.category;

/** Every action that has words. */
export const actions = Object.keys(en.action).map((key) => key.replaceAll(":", ".")) as readonly string[];

/** categoryOf returns what an action begins with. */
export function categoryOf(action: string): string {
  return action.slice(0, action.indexOf(".") + 1);
}

/** isAction reports whether something can be an action, or what actions begin with: addresses are written by anybody. */
export function isAction(text: string | undefined): text is string {
  return text !== undefined && /^[a-z_]+\.[a-z_.]*$/.test(text);
}

/** useActionName returns what names an action, or what actions begin with: the code where there are no words. */
export function useActionName(): (action: string) => string {
  const t = useTranslations("audit");
  return (action) => {
    // In keys, points are steps.
    const key = action.replaceAll(".", ":");
    if (action.endsWith(".")) {
      const category = action.slice(0, -1);
      return category in en.category ? t(`category.${category as Category}`) : action;
    }
    return key in en.action ? t(`action.${key as keyof typeof en.action}`) : action;
  };
}

/** useKindName returns what names a kind of thing that events are about. */
export function useKindName(): (kind: string) => string {
  const t = useTranslations("audit");
  return (kind) => (kind in en.kind ? t(`kind.${kind as keyof typeof en.kind}`) : kind);
}

/** useViaName returns what names how somebody was recognised. */
export function useViaName(): (via: string | undefined) => string | undefined {
  const t = useTranslations("audit");
  return (via) => (via && via in en.via ? t(`via.${via as keyof typeof en.via}`) : via);
}

/** objectName returns what the thing that an event is about was called; of a refused request, which one it was. */
export function objectName({ object }: Pick<AuditEvent, "object">): string {
  return object.name || object.id;
}

/** useReason returns what tells why something was refused: the parts of it in words, where there are words. */
export function useReason(): (event: AuditEvent) => string | undefined {
  const t = useTranslations("audit");
  return ({ outcome, reason, detail }) => {
    if (outcome !== "refused") {
      return undefined;
    }
    const permission = (detail as { permission?: unknown } | undefined)?.permission;
    return typeof permission === "string" ? t("missing", { permission }) : reason;
  };
}

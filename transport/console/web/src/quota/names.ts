import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import en from "~/text/en/pools.json";

type Named = Pick<Schemas["Pool"], "id" | "kind" | "name">;

/** isBuiltin reports whether a facility is one of the platform's own, which is neither given nor deleted. */
export function isBuiltin(pool: Pick<Named, "kind">): boolean {
  return Object.hasOwn(en.builtin, pool.kind);
}

/** usePoolName returns what names a facility: the platform's own in the reader's language, others as they are. */
export function usePoolName(): (pool: Named) => string {
  const t = useTranslations("pools");
  // Of some kinds there are more, for classes of resources, which have names.
  return (pool) =>
    isBuiltin(pool) && pool.name === pool.kind ? t(`builtin.${pool.kind as keyof typeof en.builtin}`) : pool.name;
}

/** useKindName returns what names a kind of facility, where the reader's language has a word for it. */
export function useKindName(): (kind: string) => string {
  const t = useTranslations("pools");
  return (kind) => (kind in en.kinds ? t(`kinds.${kind as keyof typeof en.kinds}`) : kind);
}

export const slots = ["data", "uploads", "annexes"] as const;

/** useSlotName returns what names one of several shares of one storage. */
export function useSlotName(): (slot: string) => string {
  const t = useTranslations("pools");
  return (slot) => (slot in en.slots ? t(`slots.${slot as keyof typeof en.slots}`) : slot);
}

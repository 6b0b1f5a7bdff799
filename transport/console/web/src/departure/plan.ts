import type { Schemas } from "~/api/list";

export type Plan = Schemas["DeparturePlan"];
export type Fate = Schemas["Fate"];

/** An Outcome is what becomes of everything that is owned. */
export type Outcome = {
  /** Goes for good, with what lies below. */
  deleted: Fate[];
  /** Somebody owns it in his place. */
  transferred: { to: number; fates: Fate[] }[];
  /** He ceases to own it, others own it still. */
  left: Fate[];
};

/** outcomeOf sorts what is owned by what becomes of it. */
export function outcomeOf(holdings: readonly Fate[]): Outcome {
  const heirs = new Map<number, Fate[]>();
  const deleted: Fate[] = [];
  const left: Fate[] = [];
  for (const fate of holdings) {
    if (fate.deleted) {
      deleted.push(fate);
    } else if (fate.to) {
      heirs.set(fate.to, [...(heirs.get(fate.to) ?? []), fate]);
    } else {
      left.push(fate);
    }
  }
  return { deleted, transferred: [...heirs].map(([to, fates]) => ({ to, fates })), left };
}

/** topmost leaves out what lies directly in something that goes as well: it is counted there already. */
export function topmost(fates: readonly Fate[]): Fate[] {
  const nodes = new Set(fates.map((f) => f.node));
  return fates.filter((f) => !nodes.has(f.parent));
}

/** countByClass counts what is owned, the most of it first. */
export function countByClass(holdings: readonly Pick<Fate, "class">[]): [name: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { class: name } of holdings) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].toSorted(([a, n], [b, m]) => m - n || a.localeCompare(b));
}

/** givenOf is what was given to somebody besides his roles: those go with the membership. */
export function givenOf(rules: Plan["rules"]): Plan["rules"] {
  return rules.filter((r) => !r.origin || r.origin === "manual");
}

/** needsOf returns what is needed elsewhere, of what would go. */
export function needsOf(holdings: readonly Fate[]): Fate[] {
  return holdings.filter((f) => f.deleted && f.foreign.length > 0);
}

/**
 * standing are the blockers that somebody has to know of: not those that the choice which he has still to make is about.
 */
export function standing(plan: Plan, decided: boolean): Plan["blockers"] {
  return plan.blockers.filter((b) => decided || !["owns_resources", "needed", "kept"].includes(b.code));
}

/** byWorkspace sorts what is owned by where it is. */
export function byWorkspace(holdings: readonly Fate[]): [workspace: string, holdings: Fate[]][] {
  const places = new Map<string, Fate[]>();
  for (const fate of holdings) {
    places.set(fate.workspace, [...(places.get(fate.workspace) ?? []), fate]);
  }
  return [...places];
}

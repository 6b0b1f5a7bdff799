import type { Schemas } from "~/api/list";

/** The same permissions, on nodes. */
export type Gathered = { permissions: string[]; nodes: number[] };
export type PersonGathered = { principal: number; given: Gathered[]; taken: Gathered[] };

/** gathered puts together what is the same on several nodes, by who gains or loses it. */
export function gathered(differences: readonly Schemas["Difference"][]): PersonGathered[] {
  const people = new Map<number, PersonGathered>();
  for (const d of differences) {
    let p = people.get(d.principal);
    if (!p) {
      p = { principal: d.principal, given: [], taken: [] };
      people.set(d.principal, p);
    }
    add(p.given, d.given, d.node);
    add(p.taken, d.taken, d.node);
  }
  return [...people.values()].map((p) => ({ ...p, given: join(p.given), taken: join(p.taken) }));
}

/** One entry for each permission … */
function add(to: Gathered[], permissions: readonly string[], node: number): void {
  for (const permission of permissions) {
    const same = to.find((g) => g.permissions[0] === permission);
    if (same) {
      same.nodes.push(node);
    } else {
      to.push({ permissions: [permission], nodes: [node] });
    }
  }
}

/** … then those together that are about the same nodes. */
function join(list: readonly Gathered[]): Gathered[] {
  const byNodes = new Map<string, Gathered>();
  for (const g of list) {
    const key = g.nodes.join();
    const same = byNodes.get(key);
    if (same) {
      same.permissions.push(...g.permissions);
    } else {
      byNodes.set(key, { permissions: [...g.permissions], nodes: g.nodes });
    }
  }
  return [...byNodes.values()];
}

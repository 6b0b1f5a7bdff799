import type { Schemas } from "~/api/list";

/** A Disposal is what is to become of what somebody owns who leaves: somebody else owns it, or it goes. */
export type Disposal = {
  /** Somebody else is to own it; otherwise, what is owned by nobody else is deleted. */
  transfer: boolean;
  /** The number of who owns it then, null while nobody is chosen. */
  heir: number | null;
  /** What elsewhere needs something that goes lets go of it. */
  cascade: boolean;
};

/** Nothing is deleted unless somebody says so. */
export const undecided: Disposal = { transfer: true, heir: null, cascade: false };

/** isDecided reports whether it is said what becomes of everything. */
export function isDecided(d: Disposal): boolean {
  return !d.transfer || d.heir !== null;
}

/** departureOf is a disposal as departures of members and users take it. */
export function departureOf(d: Disposal): Schemas["MemberDeparture"] {
  if (!d.transfer) {
    return { delete: true, cascade: d.cascade };
  }
  return d.heir === null ? {} : { transfer_to: d.heir };
}

/** keyQueryOf is a disposal as the deletion of a key takes it. */
export function keyQueryOf(d: Disposal): { transfer_to?: number; delete_resources?: boolean; cascade?: boolean } {
  if (!d.transfer) {
    return { delete_resources: true, cascade: d.cascade || undefined };
  }
  return d.heir === null ? {} : { transfer_to: d.heir };
}

/**
 * transfersOf says of each thing what becomes of it, by the disposals of the workspaces that they are in. Of what is not
 * decided nothing is said, so that it stands against the departure.
 */
export function transfersOf(
  holdings: readonly Pick<Schemas["Fate"], "node" | "workspace">[],
  disposals: Readonly<Record<string, Disposal>>,
): Schemas["TransferOf"][] {
  return holdings.flatMap(({ node, workspace }) => {
    const d = disposals[workspace];
    if (!d || !isDecided(d)) {
      return [];
    }
    return [d.transfer && d.heir !== null ? { node, to: d.heir } : { node }];
  });
}

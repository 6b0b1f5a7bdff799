import type { Schemas } from "~/api/list";

export type Allocation = Schemas["Allocation"];

/** How much of something is used: use, what reservations hold besides, and the limit, null for no bound. */
export type Use = { use: number; held?: number; limit: number | null };

/** From which part of its limit on a share is nearly used up. */
export const near = 0.8;

export type Fullness = "unlimited" | "fine" | "near" | "full" | "over";

/** fullnessOf tells how full something is; what is held counts as used. */
export function fullnessOf({ use, held = 0, limit }: Use): Fullness {
  const taken = use + held;
  if (limit === null) {
    return "unlimited";
  }
  if (taken > limit) {
    return "over";
  }
  if (taken === limit) {
    return limit === 0 ? "fine" : "full"; // what has nothing, and may have nothing, is in order
  }
  return taken >= near * limit ? "near" : "fine";
}

/** partsOf returns which parts of a bar are used and held, in percent, 100 together at most. */
export function partsOf({ use, held = 0, limit }: Use): { used: number; held: number } {
  if (limit === null || limit <= 0) {
    return { used: limit !== null && use > 0 ? 100 : 0, held: limit !== null && use <= 0 && held > 0 ? 100 : 0 };
  }
  const used = Math.min(100, (100 * Math.max(0, use)) / limit);
  return { used, held: Math.min(100 - used, (100 * Math.max(0, held)) / limit) };
}

/** A share is told from others by its facility and, of storages, its slot. */
export function shareId(share: Allocation): string {
  return `${share.pool.id}/${share.slot}`;
}

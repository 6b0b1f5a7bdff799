import type { Schemas } from "~/api/list";

type Pool = Schemas["Pool"];
type Unit = Pool["unit"];

/** Kinds that the platform knows; hosts may have others. */
export const kinds = ["storage", "endpoint", "check", "processing"] as const;
/** What is usually counted of each. */
export const unitOf: Record<(typeof kinds)[number], Unit> = {
  storage: "bytes",
  endpoint: "count",
  check: "none",
  processing: "none",
};

/** What the form of a facility holds. */
export type Values = {
  name: string;
  kind: string;
  unit: Unit;
  type: string;
  technical_name: string;
  description: string;
  labels: string[];
  urls: { type: string; url: string }[];
  open: boolean;
  capacity: number | null | "";
};

/** valuesOf returns what a form shows of a facility, or of one that is to be made. */
export function valuesOf(pool: Pool | undefined): Values {
  return {
    name: pool?.name ?? "",
    kind: pool?.kind ?? "storage",
    unit: pool?.unit ?? "bytes",
    type: pool?.type ?? "",
    technical_name: pool?.technical_name ?? "",
    description: pool?.description ?? "",
    labels: pool?.labels ?? [],
    urls: pool?.urls.map((u) => ({ ...u })) ?? [],
    open: pool?.open ?? false,
    capacity: pool ? pool.capacity : null,
  };
}

/** bodyOf returns what the API takes of a form: addresses that were left empty are none. */
export function bodyOf(v: Values) {
  return {
    name: v.name.trim(),
    type: v.type.trim(),
    technical_name: v.technical_name.trim(),
    description: v.description.trim(),
    labels: v.labels,
    urls: v.urls.map((u) => ({ type: u.type.trim(), url: u.url.trim() })).filter((u) => u.type || u.url),
    open: v.open,
    capacity: v.unit === "none" || v.capacity === "" ? null : v.capacity,
  };
}

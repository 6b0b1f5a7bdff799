import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { all, type Query, type Schemas } from "~/api/list";
import { type Period, partsOf } from "./period";

export type Counted = Schemas["Logins"];

/** What logins are asked for, besides their days. */
export type Narrowed = { client?: string; workspace?: string };

async function counts(query: Query, signal: AbortSignal): Promise<Counted[]> {
  const rows: Counted[] = [];
  for await (const { items } of all("/login-statistics", {}, query, signal)) {
    rows.push(...items);
  }
  return rows;
}

/** useLogins reads all counts of a period. */
export function useLogins(period: Period, narrowed: Narrowed) {
  return useQuery({
    queryKey: ["logins", "/login-statistics", period, narrowed],
    queryFn: ({ signal }) => counts({ ...period, ...narrowed }, signal),
    placeholderData: keepPreviousData,
  });
}

/** A Part is a part of a period with how many logins there were in it, by type of client. */
export type Part = { period: Period; clients: Map<string, number> };

/** useCourse reads how many logins there were in each part of a period. */
export function useCourse(period: Period, narrowed: Narrowed) {
  return useQuery({
    queryKey: ["course", "/login-statistics", period, narrowed],
    queryFn: ({ signal }) =>
      Promise.all(
        partsOf(period).map(async (part): Promise<Part> => {
          return { period: part, clients: summed(await counts({ ...part, ...narrowed }, signal), (r) => r.client) };
        }),
      ),
    placeholderData: keepPreviousData,
  });
}

/** summed adds up counts under a name, the greatest first. */
export function summed(rows: readonly Counted[], name: (row: Counted) => string): Map<string, number> {
  const sums = new Map<string, number>();
  for (const row of rows) {
    sums.set(name(row), (sums.get(name(row)) ?? 0) + row.count);
  }
  return new Map([...sums].sort((a, b) => b[1] - a[1] || a[0].localeCompare(b[0])));
}

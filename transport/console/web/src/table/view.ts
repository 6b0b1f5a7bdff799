import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { usePreference } from "~/session/preferences";
import { type Column, directionOf, type Filters, paramsOf } from "./column";

/** What somebody keeps of a table, whatever the browser. */
type Kept = { hidden?: string[]; shown?: string[]; sort?: string; size?: number };

export const sizes = [25, 50, 100, 200] as const;

/** A View is how a table is looked at: which columns, in which order, narrowed down to what. */
export type View = {
  isHidden: (id: string) => boolean;
  setHidden: (id: string, hidden: boolean) => void;
  sort: string | undefined;
  setSort: (sort: string | undefined) => void;
  size: number;
  setSize: (size: number) => void;
  search: string;
  filters: Filters;
  /** Set the search and filters; what is empty is taken away. */
  narrow: (changes: { q?: string } & Filters) => void;
  clear: () => void;
};

/**
 * useView keeps columns, order and page size for the person, and search and filters in the address, so that a link leads
 * to what its sender saw. A table inside a dialog or beside another has no part in the address.
 */
export function useView<Row>(id: string, columns: readonly Column<Row>[], inside: boolean, sortAtFirst?: string): View {
  const [kept, keep] = usePreference<Kept>(`table.${id}`, {});
  const search = useSearch({ strict: false }) as Record<string, string | undefined>;
  const navigate = useNavigate();
  const [own, setOwn] = useState<Filters>({});

  const names = useMemo(() => ["q", ...columns.flatMap((c) => (c.filter ? paramsOf(c.filter) : []))], [columns]);
  const filters = useMemo(() => {
    const from = inside ? own : search;
    return Object.fromEntries(names.flatMap((n) => (from[n] ? [[n, from[n]]] : []))) as Filters;
  }, [inside, own, search, names]);

  const narrow = useCallback(
    (changes: Filters) => {
      const set = (was: Record<string, string | undefined>) =>
        Object.fromEntries(Object.entries({ ...was, ...changes }).filter(([, v]) => v)) as Filters;
      if (inside) {
        setOwn(set);
      } else {
        void navigate({ to: ".", search: ((was: Filters) => set(was)) as never, replace: true });
      }
    },
    [inside, navigate],
  );

  return {
    isHidden: (column) =>
      kept.hidden?.includes(column) ||
      (!kept.shown?.includes(column) && columns.some((c) => c.id === column && c.hidden === true)),
    setHidden: (column, hidden) =>
      keep({
        ...kept,
        hidden: [...(kept.hidden ?? []).filter((c) => c !== column), ...(hidden ? [column] : [])],
        shown: [...(kept.shown ?? []).filter((c) => c !== column), ...(hidden ? [] : [column])],
      }),
    // An order that the table had once is none any more.
    sort: columns.some((c) => c.sort && directionOf(kept.sort, c.sort)) ? kept.sort : sortAtFirst,
    setSort: (sort) => keep({ ...kept, sort }),
    size: sizes.find((s) => s === kept.size) ?? 50,
    setSize: (size) => keep({ ...kept, size }),
    search: filters.q ?? "",
    filters,
    narrow,
    clear: () => narrow(Object.fromEntries(names.map((n) => [n, ""]))),
  };
}

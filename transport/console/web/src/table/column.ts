import type { ReactNode } from "react";

/** A Filter is how the server narrows a list down by one column, and the parameters of the API that say so. */
export type Filter =
  /** What it is in the list, or where it is to be the whole, exact. */
  | { kind: "text"; param: string; exact?: boolean }
  | { kind: "choice"; param: string; options: readonly { value: string; label: string }[] }
  | { kind: "flag"; param: string; yes: string; no: string }
  /** Days of the reader's own zone, the last one included. */
  | { kind: "days"; from: string; before: string };

/** A Column shows one thing of each row. */
export type Column<Row> = {
  /** Names the column in what people keep of their tables: it does not change. */
  id: string;
  header: string;
  cell: (row: Row) => ReactNode;
  /** What an exported file has in its place. */
  text: (row: Row) => string | number | boolean | undefined | null;
  /** Its name in the API's `sort`; without, the list has no such order. */
  sort?: string;
  filter?: Filter;
  /** Numbers stand at the right. */
  align?: "right";
  /** Not shown until somebody asks for it. */
  hidden?: boolean;
  /** What names the row is always shown. */
  fixed?: boolean;
};

/** Applied filters, by the API's parameters. */
export type Filters = Record<string, string>;

/** paramsOf returns the parameters that a filter may set. */
export function paramsOf(filter: Filter): string[] {
  return filter.kind === "days" ? [filter.from, filter.before] : [filter.param];
}

/** day returns the beginning of a day in the reader's zone, some days later; nothing for what is no day. */
function day(text: string | undefined, later = 0): string | undefined {
  const at = new Date(`${text}T00:00:00`);
  if (!text || Number.isNaN(at.getTime())) {
    return undefined;
  }
  at.setDate(at.getDate() + later); // also where a day has 23 hours
  return at.toISOString();
}

/** known returns a filter's value if it is one that the filter can have: addresses are written by anybody. */
export function known(filter: Filter, param: string, filters: Filters): string | undefined {
  const value = filters[param] || undefined;
  switch (filter.kind) {
    case "choice":
      return filter.options.some((o) => o.value === value) ? value : undefined;
    case "flag":
      return value === "true" || value === "false" ? value : undefined;
    case "days":
      return day(value) && value;
    case "text":
      return value;
  }
}

/** asked returns what the API is asked for when filters are set: days become instants, in the reader's zone. */
export function asked<Row>(columns: readonly Column<Row>[], filters: Filters): Record<string, string> {
  const query: Record<string, string> = {};
  for (const { filter } of columns) {
    if (!filter) {
      continue;
    }
    for (const param of paramsOf(filter)) {
      const value = known(filter, param, filters);
      const instant = filter.kind === "days" ? day(value, param === filter.before ? 1 : 0) : value;
      if (instant) {
        query[param] = instant;
      }
    }
  }
  return query;
}

/** directionOf reports whether a list in an order is sorted by a name. */
export function directionOf(order: string | undefined, name: string): "up" | "down" | undefined {
  if (order === name) {
    return "up";
  }
  return order === `-${name}` ? "down" : undefined;
}

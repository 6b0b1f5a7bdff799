import { api, done, type paths } from "./client";
import type { components } from "./schema.gen";

export type Schemas = components["schemas"];

type ListAnswer<Row> = { items: Row[]; next?: string; total?: number };

/** A ListPath is a list of the native API. */
export type ListPath = {
  [P in keyof paths]: paths[P] extends {
    get: { responses: { 200: { content: { "application/json": { items: unknown[]; next?: string } } } } };
  }
    ? P
    : never;
}[keyof paths];

/** RowOf is what a list is of. */
export type RowOf<P extends ListPath> = paths[P] extends {
  get: { responses: { 200: { content: { "application/json": { items: (infer Row)[] } } } } };
}
  ? Row extends object
    ? Row
    : never
  : never;

/** PathParams are the parts of a list's path in braces. */
export type PathParams = Record<string, string | number>;
/** A Query is what a list is asked for; what is undefined or empty is not asked. */
export type Query = Record<string, string | number | boolean | undefined | readonly (string | number)[]>;

/** list reads one page. */
export async function list<P extends ListPath>(
  path: P,
  params: PathParams,
  query: Query,
  signal?: AbortSignal,
): Promise<ListAnswer<RowOf<P>>> {
  const asked = Object.fromEntries(Object.entries(query).filter(([, v]) => v !== undefined && v !== ""));
  // The path is known to be a list; which parameters it takes, the caller says.
  const get = api.GET as unknown as (path: string, init: object) => Promise<{ data?: ListAnswer<RowOf<P>> }>;
  return done(get(path, { params: { path: params, query: asked }, signal }));
}

/** The longest page that the native API gives. */
export const longestPage = 200;

/** all reads a list to its end, page after page, and tells how far it is. */
export async function* all<P extends ListPath>(
  path: P,
  params: PathParams,
  query: Query,
  signal?: AbortSignal,
): AsyncGenerator<{ items: RowOf<P>[]; total?: number }> {
  let cursor: string | undefined;
  do {
    const page = await list(path, params, { ...query, limit: longestPage, cursor }, signal);
    yield page;
    cursor = page.next;
  } while (cursor);
}

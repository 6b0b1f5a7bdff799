import { keepPreviousData, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { type ListPath, list, type PathParams, type Query, type RowOf } from "~/api/list";

/** listKey names a list in the cache, so that what changes it can say so: see useChanged. */
export function listKey(path: string, params: PathParams, query: Query = {}): [string, string, PathParams, Query] {
  return ["list", path, params, query];
}

/**
 * usePages reads a list page by page. The places of pages that were seen are kept, so that one can go back; another
 * question begins at the first page.
 */
export function usePages<P extends ListPath>(path: P, params: PathParams, query: Query) {
  const question = JSON.stringify([path, params, query]);
  const [place, setPlace] = useState<{ question: string; cursors: string[] }>({ question, cursors: [] });
  const cursors = place.question === question ? place.cursors : [];
  const cursor = cursors.at(-1);
  const answer = useQuery({
    queryKey: listKey(path, params, { ...query, cursor }),
    queryFn: ({ signal }) => list(path, params, { ...query, cursor }, signal),
    placeholderData: keepPreviousData,
  });
  const next = answer.data?.next;
  // Where counting takes long, the first page alone says how many there are.
  const first = useQueryClient().getQueryData<{ total?: number }>(
    listKey(path, params, { ...query, cursor: undefined }),
  );
  return {
    rows: answer.data?.items as RowOf<P>[] | undefined,
    total: answer.data?.total ?? first?.total,
    error: answer.error,
    /** Nothing is there to show yet. */
    isFirst: answer.isPending,
    /** What is shown is of the question before. */
    isStale: answer.isPlaceholderData,
    retry: () => void answer.refetch(),
    page: cursors.length,
    back: cursors.length > 0 ? () => setPlace({ question, cursors: cursors.slice(0, -1) }) : undefined,
    forth: next && !answer.isPlaceholderData ? () => setPlace({ question, cursors: [...cursors, next] }) : undefined,
  };
}

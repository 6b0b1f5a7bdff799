import { keepPreviousData, useQuery } from "@tanstack/react-query";
import type { Plan } from "./plan";

/**
 * usePlan asks the server what a departure would do, anew whenever the decisions about it are others. What is said is
 * true of the token that comes with it: with that, nothing else is done.
 */
export function usePlan(of: readonly unknown[], ask: (signal: AbortSignal) => Promise<Plan>) {
  const { data, error, isPlaceholderData, isFetching, refetch } = useQuery({
    queryKey: ["departure", "", ...of],
    queryFn: ({ signal }) => ask(signal),
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY, // the token tells whether it is true still
    gcTime: 0,
    retry: false,
  });
  return { plan: data, error, isStale: isPlaceholderData || isFetching, again: async () => void (await refetch()) };
}

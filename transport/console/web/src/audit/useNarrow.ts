import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback } from "react";

type Search = Record<string, string | undefined>;

/** useNarrow returns what the address says, and what changes it; what becomes undefined is taken away. */
export function useNarrow(): { search: Search; narrow: (changes: Search) => void } {
  const search = useSearch({ strict: false }) as Search;
  const navigate = useNavigate();
  const narrow = useCallback(
    (changes: Search) =>
      void navigate({ to: ".", search: ((was: Search) => ({ ...was, ...changes })) as never, replace: true }),
    [navigate],
  );
  return { search, narrow };
}

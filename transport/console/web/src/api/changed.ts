import { useQueryClient } from "@tanstack/react-query";
import { useCallback } from "react";
import type { paths } from "./client";

/**
 * useChanged returns what has everything read again that was read under some paths of the native API, lists and single
 * things alike: `await changed("/workspaces/{workspace}/members")`.
 */
export function useChanged(): (...at: (keyof paths)[]) => Promise<void> {
  const queries = useQueryClient();
  return useCallback(
    async (...at) => {
      await queries.invalidateQueries({ predicate: ({ queryKey }) => at.some((path) => queryKey[1] === path) });
    },
    [queries],
  );
}

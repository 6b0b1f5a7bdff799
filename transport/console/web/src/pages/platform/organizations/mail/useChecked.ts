import { useDebouncedValue } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { api } from "~/api/client";
import { problemOf } from "~/api/problem";
import { useProblemText } from "~/text/problem";
import type { Letter } from "./letter";

/** useChecked has the server try what is written, without keeping it, and returns what is wrong with it. */
export function useChecked(organization: string, template: string, letter: Letter, on: boolean) {
  const problemText = useProblemText();
  const [settled] = useDebouncedValue(letter, 600);
  const { error } = useQuery({
    queryKey: ["checked", "", organization, template, settled],
    enabled: on,
    retry: false,
    gcTime: 0,
    queryFn: async ({ signal }) => {
      await api.PUT("/organizations/{organization}/mail-templates/{template}", {
        params: { path: { organization, template }, query: { dry_run: true } },
        body: settled,
        signal,
      });
      return true;
    },
  });
  // What was wrong before it was changed again is not said any more.
  if (!on || !error || settled !== letter) {
    return undefined;
  }
  const { field, expected } = problemOf(error).body;
  const known = field !== undefined && field in letter;
  return { field: known ? field : undefined, other: !known, text: (known && expected) || problemText(error) };
}

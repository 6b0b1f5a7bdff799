import { useSearch } from "@tanstack/react-router";
import { $api } from "~/api/client";
import { isIdentifier } from "./identifier";

/** The most that a menu offers; the one that an address names is among them whatever there is. */
const most = 200;

/** useChoices returns the organizations that a table is filtered by, and the node of the first one. */
export function useChoices(on: boolean) {
  const { organization: named } = useSearch({ strict: false }) as { organization?: string };
  const list = $api.useQuery(
    "get",
    "/organizations",
    { params: { query: { limit: most, sort: "name" } } },
    { enabled: on },
  );
  const items = list.data?.items ?? [];
  const other = on && isIdentifier(named) && !items.some((o) => o.id === named) ? named : undefined;
  const single = $api.useQuery(
    "get",
    "/organizations/{organization}",
    { params: { path: { organization: other ?? "" } } },
    { enabled: other !== undefined && list.isSuccess },
  );
  const choices = items.map((o) => ({ value: o.id, label: o.name }));
  return {
    node: items[0]?.num,
    // Known before its name is, so that the list is not asked for without.
    choices: other ? [...choices, { value: other, label: single.data?.name ?? "…" }] : choices,
  };
}

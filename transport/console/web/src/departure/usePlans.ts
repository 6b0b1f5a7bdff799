import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { type Problem, problemOf } from "~/api/problem";
import type { Plan } from "./plan";

/** A Foreseen is what the departure of one member would do, or why that cannot even be asked. */
export type Foreseen = { plan?: Plan; problem?: Problem };

/** How many are asked about at once. */
const atOnce = 4;

/** askOf asks for the departure of a member, or only what it would do. */
export function askOf(
  workspace: string,
  principal: number,
  body: Schemas["MemberDeparture"],
  dryRun: boolean,
  signal?: AbortSignal,
): Promise<Plan> {
  const params = { path: { workspace, principal }, query: { dry_run: dryRun || undefined } };
  return done(api.POST("/workspaces/{workspace}/members/{principal}/departure", { params, body, signal }));
}

/** usePlans asks what the departure of each of several members would do, and tells how far it is with that. */
export function usePlans(
  workspace: string,
  members: readonly number[],
  decision: Schemas["MemberDeparture"],
  round: number,
) {
  const [asked, setAsked] = useState(0);
  const { data, isPlaceholderData } = useQuery({
    queryKey: ["departures", "", workspace, members, decision, round],
    placeholderData: keepPreviousData,
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
    retry: false,
    queryFn: async ({ signal }) => {
      const plans = new Map<number, Foreseen>();
      const todo = [...members];
      setAsked(0);
      const ask = async () => {
        for (let m = todo.shift(); m !== undefined; m = todo.shift()) {
          signal.throwIfAborted();
          try {
            plans.set(m, { plan: await askOf(workspace, m, decision, true, signal) });
          } catch (error) {
            signal.throwIfAborted();
            plans.set(m, { problem: problemOf(error) });
          }
          setAsked(plans.size);
        }
      };
      await Promise.all(Array.from({ length: atOnce }, ask));
      return plans;
    },
  });
  return { plans: data, isStale: isPlaceholderData, asked };
}

import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Problem, problemOf } from "~/api/problem";

/** An Outcome is what came of inviting one of many. */
export type Outcome = { email: string; invitation?: Schemas["Invitation"]; problem?: Problem };

/** How many go with one call: few enough that one sees it go on, many enough that it goes fast. */
const atOnce = 10;

/**
 * inviteMany invites one after the other, tells how many are done by then, and what came of each in the end. When a call
 * does not get through at all, or somebody stops it, those that are left are told so: they can be tried again.
 */
export async function inviteMany(
  workspace: string,
  whom: readonly (Schemas["InvitationNew"] & { email: string })[],
  progress: (done: number) => void,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const outcomes: Outcome[] = [];
  let stopped: Problem | undefined;
  for (let i = 0; i < whom.length; i += atOnce) {
    const part = whom.slice(i, i + atOnce);
    if (signal.aborted) {
      stopped ??= new Problem({ status: 0, code: "stopped", title: "stopped" });
    }
    if (stopped) {
      const problem = stopped;
      outcomes.push(...part.map(({ email }) => ({ email, problem })));
      continue;
    }
    try {
      // What was begun is not broken off: nobody would know then who was invited.
      const { items } = await done(
        api.POST("/workspaces/{workspace}/invitations/bulk", {
          params: { path: { workspace } },
          body: { invitations: [...part] },
        }),
      );
      outcomes.push(
        ...part.map(({ email }, k) => {
          const item = items[k];
          return item?.invitation
            ? { email, invitation: item.invitation }
            : { email, problem: new Problem(item?.problem ?? { status: 0, code: "internal", title: "" }) };
        }),
      );
    } catch (error) {
      stopped = problemOf(error);
      const problem = stopped;
      outcomes.push(...part.map(({ email }) => ({ email, problem })));
    }
    progress(outcomes.length);
  }
  return outcomes;
}

import { useState } from "react";
import { type Problem, problemOf } from "~/api/problem";
import { useSignInText } from "./problem";
import { useWait } from "./useWait";

/** What came of the last attempt. */
export type Attempt = {
  busy: boolean;
  /** How many seconds somebody who tried too often has to wait. */
  left: number;
  /** Why it failed, in words; undefined where it did not, or where a field says it. */
  failure: string | undefined;
  /**
   * Tries something that only who knows a secret may do. What `told` does is in place of the failure, where it returns
   * true.
   */
  attempt: (what: () => Promise<void>, told?: (problem: Problem, error: unknown) => boolean) => Promise<void>;
};

/** useAttempt is how somebody tries a password: once at a time, with a wait where the server wants one. */
export function useAttempt(): Attempt {
  const text = useSignInText();
  const { left, until, wait } = useWait();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const attempt: Attempt["attempt"] = async (what, told) => {
    setBusy(true);
    setProblem(undefined);
    try {
      await what();
    } catch (error) {
      const problem = problemOf(error);
      if (!told?.(problem, error)) {
        wait(problem);
        setProblem(problem);
      }
    }
    setBusy(false);
  };
  return { busy, left, failure: problem && text(problem, until), attempt };
}

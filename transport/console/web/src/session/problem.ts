import { useFormatter, useTranslations } from "use-intl";
import type { Problem } from "~/api/problem";
import { useProblemText } from "~/text/problem";

/** useSignInText returns what tells why somebody was not let in, and how long to wait where that helps. */
export function useSignInText(): (problem: Problem, until?: Date) => string {
  const t = useTranslations("session");
  const format = useFormatter();
  const problemText = useProblemText();
  return (problem, until) => {
    if (problem.status === 401) {
      return t("refused");
    }
    if (problem.status === 429 && until) {
      // Said once, when it begins: a clock that is read aloud each second helps nobody.
      const seconds = problem.retryAfter ?? 1;
      const now = new Date(0);
      return t("wait", {
        when:
          seconds < 90
            ? format.relativeTime(new Date(1000 * seconds), { now, unit: "second" })
            : format.relativeTime(new Date(60_000 * Math.ceil(seconds / 60)), { now, unit: "minute" }),
      });
    }
    if (problem.status === 429) {
      return t("again");
    }
    return problemText(problem);
  };
}

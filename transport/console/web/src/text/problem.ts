import { useTranslations } from "use-intl";
import { type Problem, problemOf } from "~/api/problem";
import en from "./en/problem.json";

/** useProblemText returns what tells a person, in his language, why something was not done and what he can do. */
export function useProblemText(): (error: unknown) => string {
  const t = useTranslations("problem");
  return (error) => {
    const problem: Problem = problemOf(error);
    const { field, expected, permission, limit, use, detail } = problem.body;
    const key = (problem.code in en ? problem.code : "unknown") as keyof typeof en;
    // Not every text puts in all of them.
    return t(key, {
      field: field ?? "",
      expected: expected ?? detail ?? problem.message,
      permission: permission ?? "",
      limit: limit ?? 0,
      use: use ?? 0,
      status: problem.status,
    } as never);
  };
}

import { useTranslations } from "use-intl";
import { problemOf } from "~/api/problem";
import { useProblemText } from "~/text/problem";

/** usePasswordText returns what tells why a password was not taken, in words that help to find a better one. */
export function usePasswordText(): (error: unknown) => string {
  const t = useTranslations("session.choose");
  const problemText = useProblemText();
  return (error) => {
    const { field, expected = "" } = problemOf(error).body;
    if (field === "old_password") {
      return t("wrong");
    }
    if (field !== "password") {
      return problemText(error);
    }
    const least = /^at least (\d+) characters/.exec(expected)?.[1];
    if (least) {
      return t("short", { least: Number(least) });
    }
    if (expected.startsWith("at most")) {
      return t("long");
    }
    return expected.startsWith("something that is not widely known") ? t("guessable") : problemText(error);
  };
}

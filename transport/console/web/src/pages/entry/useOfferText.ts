import { useTranslations } from "use-intl";
import { problemOf } from "~/api/problem";
import { useProblemText } from "~/text/problem";

/** useOfferText returns what tells the invited why an invitation cannot be answered, and what he can do. */
export function useOfferText(): (error: unknown) => string {
  const t = useTranslations("session.invitation");
  const problemText = useProblemText();
  return (error) => {
    const problem = problemOf(error);
    switch (problem.code) {
      case "not_found":
      case "settled":
        return t("gone");
      case "expired":
        return t("expired");
      case "inactive":
        return t("inactive");
      case "inviter_lost_power":
        return t("inviterLost");
      case "quota_exceeded":
        return t("full");
      case "sign_in_first":
        return t("signInFirst");
      default:
        return problem.code === "invalid" &&
          problem.body.field === "email" &&
          problem.body.expected?.includes("confirmed")
          ? t("otherDomain")
          : problemText(problem);
    }
  };
}

import { notifications } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useProblemText } from "~/text/problem";

/** useTell returns what tells, in passing, that something was done or was not. */
export function useTell() {
  const c = useTranslations("common");
  const problemText = useProblemText();
  return useMemo(
    () => ({
      done: (message: string) =>
        notifications.show({
          message,
          color: "teal",
          icon: <IconCheck size={18} aria-hidden />,
          role: "status",
          closeButtonProps: { "aria-label": c("close") },
        }),
      failure: (error: unknown) =>
        notifications.show({
          message: problemText(error),
          color: "red",
          icon: <IconAlertTriangle size={18} aria-hidden />,
          role: "alert",
          autoClose: 10_000,
          closeButtonProps: { "aria-label": c("close") },
        }),
    }),
    [c, problemText],
  );
}

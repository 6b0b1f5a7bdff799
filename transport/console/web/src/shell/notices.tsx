import type { NotificationData } from "@mantine/notifications";
import { IconAlertTriangle, IconCheck } from "@tabler/icons-react";
import { lazy, Suspense, useMemo, useSyncExternalStore } from "react";
import { useTranslations } from "use-intl";
import { useProblemText } from "~/text/problem";

const NoticeStack = lazy(() => import("./NoticeStack"));
const places = new Set<() => void>();
let isTold = false;

/** show shows a notice, by what is fetched with the first. */
async function show(notice: NotificationData): Promise<void> {
  isTold = true;
  for (const update of places) {
    update();
  }
  const { notifications } = await import("@mantine/notifications");
  notifications.show(notice);
}

function subscribe(update: () => void): () => void {
  places.add(update);
  return () => places.delete(update);
}

/** NoticesPlace is where notices are once there are any. */
export function NoticesPlace() {
  const told = useSyncExternalStore(subscribe, () => isTold);
  return <Suspense>{told && <NoticeStack />}</Suspense>;
}

/** useTell returns what tells, in passing, that something was done or was not. */
export function useTell() {
  const c = useTranslations("common");
  const problemText = useProblemText();
  return useMemo(
    () => ({
      done: (message: string) =>
        show({
          message,
          color: "teal",
          icon: <IconCheck size={18} aria-hidden />,
          role: "status",
          closeButtonProps: { "aria-label": c("close") },
        }),
      failure: (error: unknown) =>
        show({
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

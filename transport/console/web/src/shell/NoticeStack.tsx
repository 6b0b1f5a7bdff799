import "@mantine/notifications/styles.css";
import { Notifications } from "@mantine/notifications";

/** NoticeStack is where the page tells of things in passing. */
export default function NoticeStack() {
  return <Notifications position="bottom-right" portalProps={{ reuseTargetNode: false }} />;
}

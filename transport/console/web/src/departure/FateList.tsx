import { List } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useClassName } from "~/explain/classes";
import { NodeName } from "~/explain/NodeName";
import type { Fate } from "./plan";

/** How many are named before the rest is counted. */
const named = 10;

/** FateList names what somebody owns, with what goes with it. */
export function FateList({ fates }: { fates: readonly Fate[] }) {
  const t = useTranslations("members");
  const className = useClassName();
  return (
    <List size="sm" withPadding listStyleType="disc" style={{ overflowWrap: "anywhere" }}>
      {fates.slice(0, named).map((f) => (
        <List.Item key={f.node}>
          <strong>
            <NodeName num={f.node} />
          </strong>{" "}
          ({className(f.class)}){f.deleted && f.below > 0 && ` – ${t("departure.below", { count: f.below })}`}
        </List.Item>
      ))}
      {fates.length > named && <List.Item>{t("departure.more", { count: fates.length - named })}</List.Item>}
    </List>
  );
}

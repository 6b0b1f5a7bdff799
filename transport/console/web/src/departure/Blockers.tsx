import { Alert, List } from "@mantine/core";
import { IconHandStop } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import { NodeName } from "~/explain/NodeName";
import type { Plan } from "./plan";

type Blocker = Plan["blockers"][number];

type Props = {
  blockers: readonly Blocker[];
  /** What is owned, some of which may be what stands against it. */
  holdings: Plan["holdings"];
  /** What a workspace is called. */
  workspaceName: (id: string) => string;
};

/** How many are told before the rest is counted. */
const told = 10;

/** Blockers are what stands against a departure, each with what can be done about it. */
export function Blockers({ blockers, holdings, workspaceName }: Props) {
  const t = useTranslations("members");
  if (blockers.length === 0) {
    return null;
  }
  return (
    <Alert color="yellow" role="alert" icon={<IconHandStop aria-hidden />} title={t("departure.blocked")}>
      <List size="sm" style={{ overflowWrap: "anywhere" }}>
        {blockers.slice(0, told).map((b) => (
          <List.Item key={`${b.code} ${b.workspace} ${b.node}`}>
            <Reason of={b} kept={holdings.find((h) => h.node === b.node)?.kept} workspaceName={workspaceName} />
          </List.Item>
        ))}
        {blockers.length > told && <List.Item>{t("departure.more", { count: blockers.length - told })}</List.Item>}
      </List>
    </Alert>
  );
}

function Reason({ of: b, kept, workspaceName }: { of: Blocker; kept?: string } & Pick<Props, "workspaceName">) {
  const t = useTranslations("members");
  const node = () => <strong>{b.node ? <NodeName num={b.node} /> : "–"}</strong>;
  const workspace = b.workspace ? workspaceName(b.workspace) : "";
  switch (b.code) {
    case "owns_resources":
      return t.rich("departure.blocker.owns", { node });
    case "heir":
      return t.rich("departure.blocker.heir", { node });
    case "needed":
      return t.rich("departure.blocker.needed", { node });
    case "kept":
      return t.rich("departure.blocker.kept", { node, reason: kept ?? b.text });
    case "supervisor":
      return t("departure.blocker.supervisor", { workspace });
    case "successor":
      return t("departure.blocker.successor", { workspace });
    case "last_administrator":
      return t("departure.blocker.lastAdministrator");
    default:
      return b.text; // what the server has learned since
  }
}

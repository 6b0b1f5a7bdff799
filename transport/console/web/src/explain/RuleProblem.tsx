import { Alert } from "@mantine/core";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { problemOf } from "~/api/problem";
import { useWorkspace } from "~/pages/workspace/workspace";
import { useProblemText } from "~/text/problem";
import { useNodeName } from "./nodes";
import { usePermissionNames } from "./permissions";
import { usePrincipals } from "./principals";

/** RuleProblem says why rules were not changed; a lockout it tells in full: who would lose what, where. */
export function RuleProblem({ error }: { error: unknown }) {
  const problemText = useProblemText();
  if (error === undefined) {
    return null;
  }
  const problem = problemOf(error);
  return (
    <Alert color="red" role="alert">
      {problem.code === "lockout" ? <Lockout of={problem.body} /> : problemText(error)}
    </Alert>
  );
}

function Lockout({ of }: { of: ReturnType<typeof problemOf>["body"] }) {
  const t = useTranslations("explain");
  const { workspace } = useWorkspace();
  const names = usePermissionNames();
  const nameOf = usePrincipals(
    workspace.id,
    useMemo(() => [of.principal], [of.principal]),
  );
  const node = useNodeName(of.node);
  const who = nameOf(of.principal ?? 0);
  const what = names.full(of.permission ?? "");
  return who.unknown ? t("lockoutAbove", { what, node }) : t("lockout", { name: who.name, what, node });
}

import { useMemo } from "react";
import { usePrincipals } from "~/explain/principals";

/** PrincipalName is what somebody is called. */
export function PrincipalName({ workspace, num }: { workspace: string; num: number }) {
  const nameOf = usePrincipals(
    workspace,
    useMemo(() => [num], [num]),
  );
  return <bdi>{nameOf(num).name}</bdi>;
}

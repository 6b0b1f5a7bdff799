import { useNodeName } from "./nodes";

/** NodeName is what a node is called. */
export function NodeName({ num }: { num: number }) {
  return <bdi>{useNodeName(num)}</bdi>;
}

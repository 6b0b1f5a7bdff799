import { Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { api, done } from "~/api/client";
import { Failure } from "~/shell/Failure";
import { ExplanationView } from "./ExplanationView";

export type WhyProps = {
  /** The number of the node. */
  node: number;
  permission: string;
  /** Whom it is about; the reader himself when absent. */
  principal?: number;
};

/**
 * Why draws the reason for which somebody may or may not do something: the way from the root with the rules that speak of
 * it, what decided, and the smallest change that would turn it round. It is for pages of a workspace.
 */
export function Why({ node, permission, principal }: WhyProps) {
  const { data, error, refetch } = useQuery({
    queryKey: ["explain", "/explain", { node, permission, principal }],
    queryFn: ({ signal }) => done(api.POST("/explain", { body: { node, permission, principal }, signal })),
  });
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  if (!data) {
    return (
      <Stack aria-busy>
        <Skeleton height={56} />
        <Skeleton height={180} />
      </Stack>
    );
  }
  return <ExplanationView explanation={data} />;
}

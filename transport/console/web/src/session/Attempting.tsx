import { Alert, Button } from "@mantine/core";
import type { ReactNode } from "react";
import type { Attempt } from "./useAttempt";
import { clock } from "./useWait";

/** AttemptButton tries; it counts down how long somebody has to wait who tried too often. */
export function AttemptButton({ of: { busy, left }, children }: { of: Attempt; children: ReactNode }) {
  return (
    <Button
      type="submit"
      loading={busy}
      disabled={left > 0}
      rightSection={left > 0 ? <span aria-hidden>{clock(left)}</span> : undefined}
    >
      {children}
    </Button>
  );
}

/** AttemptFailure says why an attempt failed. */
export function AttemptFailure({ of: { failure } }: { of: Attempt }) {
  return (
    failure !== undefined && (
      <Alert color="red" role="alert">
        {failure}
      </Alert>
    )
  );
}

import { useCallback, useEffect, useState } from "react";
import type { Problem } from "~/api/problem";

/**
 * useWait counts down the seconds that somebody has to wait who tried too often: `wait(problem)` begins where the server
 * said how long.
 */
export function useWait(): { left: number; until: Date | undefined; wait: (problem: Problem) => void } {
  const [until, setUntil] = useState<number>();
  const [now, setNow] = useState(Date.now);
  const left = until === undefined ? 0 : Math.max(0, Math.ceil((until - now) / 1000));
  const waiting = left > 0;
  useEffect(() => {
    if (!waiting) {
      return;
    }
    const timer = setInterval(() => setNow(Date.now()), 250);
    return () => clearInterval(timer);
  }, [waiting]);
  const wait = useCallback((problem: Problem) => {
    setNow(Date.now());
    setUntil(problem.status === 429 ? Date.now() + 1000 * (problem.retryAfter ?? 1) : undefined);
  }, []);
  return { left, until: waiting && until !== undefined ? new Date(until) : undefined, wait };
}

/** clock writes seconds as a clock shows them: 1:05. */
export function clock(seconds: number): string {
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

import { useEffect, useRef, useState } from "react";
import { api, done } from "~/api/client";
import type { Place } from "./tree/keyboard";
import type { Tree } from "./tree/tree";

export type Seeking = { seen: number; of: number };

/**
 * useReveal opens the way to a node that a link, a search or a change led to, and says how far it is where the node has to
 * be looked for in a long level.
 */
export function useReveal(tree: Tree, node: number, turn: number) {
  const [goTo, setGoTo] = useState<Place>();
  const [seeking, setSeeking] = useState<Seeking>();
  // What is chosen in the tree itself is there already.
  const there = useRef<number>(undefined);

  // biome-ignore lint/correctness/useExhaustiveDependencies: another turn is another look
  useEffect(() => {
    if (there.current === node) {
      return;
    }
    const control = new AbortController();
    const { signal } = control;
    void (async () => {
      try {
        const params = { path: { resource: node }, query: { fields: "num" } };
        const way = await done(api.GET("/resources/{resource}/path", { params, signal }));
        const progress = (seen: number, of: number) => setSeeking({ seen, of });
        const place = await tree.reveal(
          way.items.map((n) => n.num),
          signal,
          progress,
        );
        if (!signal.aborted) {
          there.current = node;
          if (place) {
            setGoTo(place);
          }
        }
      } catch {
        // The node's own panel says what is wrong.
      } finally {
        if (!signal.aborted) {
          setSeeking(undefined);
        }
      }
    })();
    return () => {
      control.abort();
      setSeeking(undefined);
    };
  }, [tree, node, turn]);

  return {
    goTo,
    seeking,
    /** What is chosen in the tree needs no looking for. */
    arrived: (num: number) => {
      there.current = num;
    },
    /** It may be elsewhere now. */
    lost: () => {
      there.current = undefined;
    },
  };
}

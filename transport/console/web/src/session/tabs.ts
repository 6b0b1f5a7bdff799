/** What tabs of one browser, which share a session, tell each other of it. */
export type Told =
  | { is: "in"; user: string }
  /** The browser was told once why a session ended; tabs that ask later hear nothing of it. */
  | { is: "ended"; user: string; why: string };

const channel = typeof BroadcastChannel === "undefined" ? undefined : new BroadcastChannel("bailiwick-session");

/** tellTabs tells the other tabs. */
export function tellTabs(told: Told): void {
  channel?.postMessage(told);
}

/** onTold calls fn with what other tabs tell, and returns what stops that. */
export function onTold(fn: (told: Told) => void): () => void {
  const hear = (event: MessageEvent<Told>) => fn(event.data);
  channel?.addEventListener("message", hear);
  return () => channel?.removeEventListener("message", hear);
}

import type { Schemas } from "~/api/list";

/** local returns a place inside the console, whatever an address says. */
export function local(place: string | undefined): string {
  return place && /^\/(?![/\\])/.test(place) ? place : "/";
}

/** inside returns the place inside the console that a path of the host leads to; its first page where that is elsewhere. */
export function inside(path: string | undefined): string {
  const root = new URL(".", document.baseURI).pathname;
  return local(path?.startsWith(root) ? path.slice(root.length - 1) : undefined);
}

/**
 * startOf returns where to send the browser so that somebody signs in at a provider and comes back to a place of the
 * console; nothing where what the server says is no address for browsers.
 */
export function startOf(provider: Schemas["Provider"], place: string): string | undefined {
  const start = new URL(provider.start, document.baseURI);
  if (start.protocol !== "https:" && start.protocol !== "http:") {
    return undefined;
  }
  const back = new URL(`.${local(place)}`, document.baseURI);
  start.searchParams.set("return", back.pathname + back.search);
  return start.href;
}

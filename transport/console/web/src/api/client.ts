import createFetch from "openapi-fetch";
import createQueries from "openapi-react-query";
import { Problem, type ProblemBody } from "./problem";
import type { paths } from "./schema.gen";

export type { paths };

/** Where the native API is, as the page that was served says. */
export const apiBase = new URL(
  document.querySelector<HTMLMetaElement>("meta[name=bailiwick-api]")?.content ?? "/api/v1/",
  document.baseURI,
).href.replace(/\/$/, "");

/**
 * The native API. Every answer that is no success rejects with a {@link Problem};
 * so does a server that cannot be reached, with the code "offline".
 */
export const api = createFetch<paths>({
  baseUrl: apiBase,
  credentials: "same-origin",
  // What another site's page cannot say without asking first.
  headers: { "X-Requested-With": "bailiwick" },
  querySerializer: { array: { style: "form", explode: true } },
});

/** What was asked comes with the problem: a password that is not right is no session that has ended. */
type EndListener = (problem: Problem, asked: { method: string; url: string }) => void;
const endListeners = new Set<EndListener>();

/** onUnauthenticated calls fn whenever the API does not know (any more) who is calling, and returns what stops that. */
export function onUnauthenticated(fn: EndListener): () => void {
  endListeners.add(fn);
  return () => endListeners.delete(fn);
}

api.use({
  async onResponse({ request, response }) {
    if (response.ok) {
      return;
    }
    const problem = await readProblem(response);
    if (problem.status === 401) {
      for (const tell of endListeners) {
        tell(problem, { method: request.method, url: request.url });
      }
    }
    throw problem;
  },
  onError({ error }) {
    if (error instanceof Problem || (error instanceof DOMException && error.name === "AbortError")) {
      return error;
    }
    return new Problem({ status: 0, code: "offline", title: String(error) });
  },
});

async function readProblem(response: Response): Promise<Problem> {
  const unknown = { status: response.status, code: "internal", title: response.statusText };
  const after = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const retryAfter = Number.isFinite(after) ? after : undefined;
  if (!response.headers.get("Content-Type")?.includes("json")) {
    return new Problem(unknown, retryAfter);
  }
  try {
    return new Problem({ ...unknown, ...((await response.json()) as ProblemBody) }, retryAfter);
  } catch {
    return new Problem(unknown, retryAfter);
  }
}

/** Queries of the native API for React: `$api.useQuery("get", "/me")`. */
export const $api = createQueries(api);

/** done awaits a call and returns its body. */
export async function done<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

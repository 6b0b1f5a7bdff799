import type { components } from "./schema.gen";

type Wire = components["schemas"]["Problem"];
export type ProblemBody = Partial<Wire>;

/** A Problem is why the native API did not do what it was asked for (RFC 9457); its code is stable. */
export class Problem extends Error {
  readonly status: number;
  readonly code: string;
  readonly body: ProblemBody;
  /** In how many seconds it may be tried again, where the server says. */
  readonly retryAfter?: number;

  constructor(body: ProblemBody | { status: number; code: string; title: string }, retryAfter?: number) {
    super(body.title ?? body.code ?? "problem");
    this.name = "Problem";
    this.status = body.status ?? 0;
    this.code = body.code ?? "internal";
    this.body = body as ProblemBody;
    this.retryAfter = retryAfter;
  }
}

/** problemOf returns what an error says, whatever it is. */
export function problemOf(error: unknown): Problem {
  return error instanceof Problem ? error : new Problem({ status: 0, code: "internal", title: String(error) });
}

import createFetch, { type Client } from "openapi-fetch";
import type { components, paths } from "../../src/api/schema.gen";
import { told } from "./server";

export type Schemas = components["schemas"];

/** The native API as somebody calls it. A call that does not succeed throws a {@link Refusal}. */
export type Api = Client<paths> & {
  /** The same API, called by somebody else. */
  as(username: string, password: string): Api;
  /** The same API, called with a key. */
  with(key: string): Api;
  /** The same API, called by nobody. */
  guest(): Api;
};

/** A Refusal is an answer that is no success. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly body: Partial<Schemas["Problem"]>,
    what: string,
  ) {
    super(`${what}: ${status} ${JSON.stringify(body)}`);
  }
}

/** said returns what specs were told of the server. */
export function said(name: keyof typeof told): string {
  const value = process.env[told[name]];
  if (!value) {
    throw new Error(`${told[name]} is not set`);
  }
  return value;
}

/** consoleURL is where the console is, with a slash at the end. */
export const consoleURL = (): string => said("url").replace(/\/?$/, "/");

/** apiURL is where the native API is, without one. */
export const apiURL = (): string =>
  new URL(process.env[told.api] ?? "../api/v1/", consoleURL()).href.replace(/\/$/, "");

/** The API as the platform's administrator calls it. */
export const adminApi = (): Api => apiOf(basic("admin", said("password")));

const basic = (username: string, password: string) => ({
  Authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`,
});

function apiOf(headers: Record<string, string>): Api {
  const client = createFetch<paths>({ baseUrl: apiURL(), headers });
  client.use({
    async onResponse({ request, response }) {
      if (!response.ok) {
        const body = await response.json().catch(() => ({}));
        throw new Refusal(response.status, body, `${request.method} ${new URL(request.url).pathname}`);
      }
    },
  });
  return Object.assign(client, {
    as: (username: string, password: string) => apiOf(basic(username, password)),
    with: (key: string) => apiOf({ Authorization: `Bearer ${key}` }),
    guest: () => apiOf({}),
  });
}

/** done awaits a call and returns its body. */
export async function done<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

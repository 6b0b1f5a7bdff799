import type { BrowserContext, ConsoleMessage } from "@playwright/test";
import { apiURL, consoleURL } from "./api";

/**
 * Complaints are what went wrong in pages without a test looking for it: an error
 * of a script or in the browser's console, something that the policy forbids, a
 * request to another host. A test that has any at its end fails.
 */
export class Complaints {
  readonly list: string[] = [];
  readonly #expected: RegExp[] = [];

  /** Has complaints of a kind be no failure, for a test that provokes them. */
  expect(...patterns: RegExp[]): void {
    this.#expected.push(...patterns);
  }

  /** What is left when what was expected is taken away. */
  get unexpected(): string[] {
    return this.list.filter((text) => !this.#expected.some((p) => p.test(text)));
  }

  /** Listens to all pages of a context, those that are opened later too. */
  async listen(context: BrowserContext): Promise<void> {
    const home = new URL(consoleURL()).origin;
    context.on("weberror", (e) => this.list.push(`error: ${e.error().stack ?? e.error()}`));
    context.on("console", (message) => {
      if (message.type() === "error" && !refused(message)) {
        this.list.push(`console: ${message.text()} (${message.location().url})`);
      }
    });
    context.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol.startsWith("http") && url.origin !== home) {
        this.list.push(`elsewhere: ${request.method()} ${request.url()}`);
      }
    });
    context.on("page", (page) =>
      page.on("websocket", (socket) => this.list.push(`elsewhere: websocket ${socket.url()}`)),
    );
    await context.exposeBinding("tellViolation", (_, text: string) => this.list.push(`policy: ${text}`));
    await context.addInitScript(() => {
      addEventListener("securitypolicyviolation", (e) => {
        const tell = (globalThis as unknown as { tellViolation(text: string): void }).tellViolation;
        tell(`${e.effectiveDirective} ${e.blockedURI} in ${e.sourceFile ?? document.location.href}:${e.lineNumber}`);
      });
    });
  }
}

/** Whether the browser only tells of an answer of the API that is for the page to show. */
function refused(message: ConsoleMessage): boolean {
  const { url } = message.location();
  return url.startsWith(apiURL()) && /^Failed to load resource: .* status of 4\d\d/.test(message.text());
}

import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { apiURL, consoleURL, done, expect, fillSignIn, signIn, test } from "./support/test";

test.describe("the mount", () => {
  test("opens pages by their address, and again", async ({ page, world }) => {
    const w = await world();
    await signIn(page, w.boss);
    for (const at of ["./", `./workspaces/${w.workspace.id}`, `./workspaces/${w.workspace.id}/members?q=a%2Fb`]) {
      await page.goto(at);
      for (const _ of ["opened", "loaded again"]) {
        await expect(page.getByRole("main")).toBeVisible();
        expect(await page.evaluate(() => document.baseURI)).toBe(consoleURL());
        await page.reload();
      }
    }
  });

  test("asks who is not signed in, and comes back to where he was going", async ({ page, world }) => {
    const w = await world();
    await page.goto(`./workspaces/${w.workspace.id}/members?q=a%2Fb`);
    await fillSignIn(page, w.boss);
    await expect(page).toHaveURL(new URL(`workspaces/${w.workspace.id}/members?q=a%2Fb`, consoleURL()).href);
    await expect(page.getByRole("main")).toBeVisible();
    // Addresses of other depths were gone through meanwhile.
    expect(await page.evaluate(() => document.baseURI)).toBe(consoleURL());
  });

  test("sends the page with its policy, and files to keep", async ({ request }) => {
    const nonces = new Set<string>();
    for (const at of ["./", "./workspaces/x/members", "./"]) {
      const page = await request.get(at);
      const h = page.headers();
      expect(page.status()).toBe(200);
      expect(h["cache-control"]).toBe("no-store");
      expect(h["referrer-policy"]).toBe("no-referrer");
      expect(h["x-frame-options"]).toBe("DENY");
      expect(h["x-content-type-options"]).toBe("nosniff");
      expect(h["cross-origin-opener-policy"]).toBe("same-origin");
      const policy = h["content-security-policy"] ?? "";
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self' 'nonce-\w{22,}';/);
      expect(policy).toContain("frame-ancestors 'none'");
      nonces.add(/nonce-(\w+)/.exec(policy)?.[1] ?? "");
    }
    expect(nonces.size).toBe(3);
    const text = await (await request.get("./")).text();
    const scripts = [...text.matchAll(/(?:src|href)="(\.\/assets\/[^"]+)"/g)].map((m) => m[1] ?? "");
    expect(scripts.length).toBeGreaterThan(0);
    for (const at of scripts) {
      const file = await request.get(at);
      expect(file.status()).toBe(200);
      expect(file.headers()["cache-control"]).toBe("public, max-age=31536000, immutable");
    }
    expect((await request.get("./assets/gone-00000000.js")).status()).toBe(404);
  });

  test("is shown in no frame of somebody else", async ({ page, complaints }) => {
    complaints.expect(/refused to|framing|x-frame-options|^elsewhere: GET http:\/\/127/i);
    const other = await site(`<iframe src="${consoleURL()}" title="console"></iframe>`);
    const framed = page.waitForResponse(consoleURL());
    await page.goto(other.url);
    await framed;
    await page.waitForLoadState();
    await expect(page.frameLocator("iframe").locator("#root")).toHaveCount(0);
    await other.close();
  });

  test("does nothing that another origin's page sends", async ({ page, world, complaints }) => {
    complaints.expect(/CORS|preflight|Failed to load|^elsewhere: GET http:\/\/127/i);
    const w = await world();
    await signIn(page, w.boss);
    const other = await site("");
    await page.goto(other.url);
    // Cookies go to all ports of a host: without the session this would be 401.
    const sent = page.waitForResponse((r) => r.url().endsWith("/deactivate"));
    await page.evaluate(async (url) => {
      await fetch(url, { method: "POST", mode: "no-cors", credentials: "include" });
    }, `${apiURL()}/workspaces/${w.workspace.id}/deactivate`);
    expect((await sent).status()).toBe(403);
    // With the header that pages of the console send, the browser asks first.
    const stopped = await page.evaluate(async (url) => {
      try {
        await fetch(url, { method: "POST", credentials: "include", headers: { "X-Requested-With": "bailiwick" } });
        return false;
      } catch {
        return true;
      }
    }, `${apiURL()}/workspaces/${w.workspace.id}/deactivate`);
    expect(stopped).toBe(true);
    const now = await done(w.api.GET("/workspaces/{workspace}", { params: { path: { workspace: w.workspace.id } } }));
    expect(now.active).toBe(true);
    await other.close();
  });
});

/** site serves a page at another port. */
async function site(body: string): Promise<{ url: string; close(): Promise<void> }> {
  const server = createServer((_, answer) => {
    answer.setHeader("Content-Type", "text/html");
    answer.end(`<!doctype html><title>Elsewhere</title><link rel="icon" href="data:,">${body}`);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

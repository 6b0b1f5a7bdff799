import type { Page } from "@playwright/test";
import { expect, signIn, test } from "./support/test";

/** What the console may be on the way, compressed, until its first page is there. */
const budget = 250_000;

/** fetched returns how many bytes of the console itself a page has fetched, compressed as they came. */
async function fetched(page: Page): Promise<number> {
  return page.evaluate(() => {
    const entries = [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")];
    const own = entries.filter((e) => !e.name.includes("/api/")) as PerformanceResourceTiming[];
    return own.reduce((sum, e) => sum + e.encodedBodySize, 0);
  });
}

for (const language of ["en", "ru"]) {
  test(`the first page is under 250 kB, compressed, in ${language}`, async ({ page, world }) => {
    const w = await world({ language });
    await page.addInitScript((l) => localStorage.setItem("bailiwick-language", l), language);
    await page.goto("./signin", { waitUntil: "networkidle" });
    const signingIn = await fetched(page);
    await signIn(page, w.boss);
    await page.goto("./", { waitUntil: "networkidle" });
    const home = await fetched(page); // nothing is taken from the cache in encodedBodySize
    test.info().annotations.push({ type: "bytes", description: `signin ${signingIn}, home ${home}` });
    console.log(`first load in ${language}: sign-in ${signingIn} bytes, home ${home} bytes`);
    expect(signingIn).toBeGreaterThan(50_000);
    expect(signingIn).toBeLessThan(budget);
    expect(home).toBeLessThan(budget);
  });
}

test("pages are fetched when they are needed", async ({ page, world }) => {
  const w = await world();
  const scripts: string[] = [];
  page.on("request", (r) => r.resourceType() === "script" && scripts.push(r.url()));
  await signIn(page, w.boss);
  await page.goto("./", { waitUntil: "networkidle" });
  expect(scripts.filter((s) => /Invitations|Lines|PoolPage/.test(s))).toEqual([]);
  await page.goto(`./workspaces/${w.workspace.id}/invitations`, { waitUntil: "networkidle" });
  expect(scripts.some((s) => /Invitations/.test(s))).toBe(true);
});

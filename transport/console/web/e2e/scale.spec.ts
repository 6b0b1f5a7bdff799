import type { Page } from "@playwright/test";
import { expect, password, signIn, test } from "./support/test";

const place = process.env.BAILIWICK_E2E_SCALE ?? "";

test.skip(!place, "a workspace of unusual size is made by TestBrowserScale");
test.describe.configure({ timeout: 180_000 });

/** How long rows may take from the server's answer until they are painted, in milliseconds. */
const soon = 300;

/** What a page holds, garbage aside. */
type Held = { heap: number; nodes: number };

async function held(page: Page): Promise<Held> {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Performance.enable");
  await cdp.send("HeapProfiler.collectGarbage");
  const { metrics } = await cdp.send("Performance.getMetrics");
  await cdp.detach();
  const of = (name: string) => metrics.find((m) => m.name === name)?.value ?? 0;
  return { heap: of("JSHeapUsedSize"), nodes: of("Nodes") };
}

/**
 * painted does something to a page, and returns how long it took from the answer that came then until what changed in the
 * element was painted.
 */
async function painted(page: Page, path: string, element: string, act: () => Promise<void>): Promise<number> {
  await page.evaluate(
    ({ path, element }) => {
      const state = globalThis as unknown as { painted?: Promise<number> };
      const target = document.querySelector(element);
      const begun = performance.now();
      const was = target?.textContent;
      state.painted = new Promise((resolve) => {
        const answered = () =>
          performance
            .getEntriesByType("resource")
            .filter((e) => e.startTime >= begun && e.name.includes(path))
            .reduce((last, e) => Math.max(last, (e as PerformanceResourceTiming).responseEnd), 0);
        const look = () => {
          const end = answered();
          if (end === 0 || target?.textContent === was) {
            requestAnimationFrame(look);
            return;
          }
          requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - end)));
        };
        requestAnimationFrame(look);
      });
    },
    { path, element },
  );
  await act();
  return page.evaluate(() => (globalThis as unknown as { painted: Promise<number> }).painted);
}

const median = (list: number[]) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)] ?? Number.NaN;

function tell(what: string, times: number[], before: Held, after: Held): void {
  const mb = (h: Held) => `${(h.heap / 1e6).toFixed(1)} MB in ${h.nodes} nodes`;
  console.log(
    `${what}: rows ${median(times).toFixed(0)} ms after the answer (most ${Math.max(...times).toFixed(0)}, ${times.length} times); ${mb(before)} before, ${mb(after)} after`,
  );
}

/** flat wants a page to hold no more than it did, but for what engines keep for a while. */
function flat(before: Held, after: Held): void {
  expect(after.heap).toBeLessThan(before.heap * 1.5 + 4e6);
  expect(after.nodes).toBeLessThan(before.nodes * 1.5 + 500);
}

const boss = { username: "boss", password } as never;

for (const { what, path, list, rows } of [
  { what: "100,000 members", path: "members", list: "/members?", rows: /of 100,001/ },
  { what: "1,000,000 events", path: "audit", list: "/audit?", rows: /1–50/ },
]) {
  test(`a table of ${what} is paged through smoothly`, async ({ page }) => {
    await signIn(page, boss);
    await page.goto(`./workspaces/${place}/${path}`);
    const pages = page.getByRole("navigation", { name: /^Pages/ });
    await expect(pages).toContainText(rows, { timeout: 60_000 });
    const forth = pages.getByRole("button", { name: "Next" });
    const turn = () => painted(page, list, "main table tbody", () => forth.click());
    for (let i = 0; i < 10; i++) {
      await turn(); // what is kept of pages is full then
    }
    const before = await held(page);
    const times: number[] = [];
    for (let i = 0; i < 40; i++) {
      times.push(await turn());
    }
    const after = await held(page);
    tell(what, times, before, after);
    expect(median(times)).toBeLessThan(soon);
    flat(before, after);
  });
}

test("a tree of 100,000 resources is scrolled through smoothly", async ({ page }) => {
  await signIn(page, boss);
  await page.goto(`./workspaces/${place}/resources`);
  const tree = page.getByRole("tree");
  await expect(tree.getByRole("treeitem").nth(3)).toContainText("Resource", { timeout: 60_000 });
  const move = (by: number) => tree.evaluate((el, by) => el.scrollBy(0, by), by);
  const whole = await tree.evaluate((el) => el.scrollHeight);
  expect(whole).toBeGreaterThan(1_000_000);
  const times: number[] = [];
  // Three pages of the server further, none of which is there yet.
  const height = (await tree.getByRole("treeitem").nth(3).boundingBox())?.height ?? 0;
  const further = async () => {
    times.push(await painted(page, "/resources?", "[role=tree]", () => move(600 * height)));
    await expect(tree.getByRole("treeitem").nth(3)).toContainText("Resource", { timeout: 60_000 });
  };
  for (let i = 0; i < 10; i++) {
    await further();
  }
  const before = await held(page);
  times.length = 0;
  for (let i = 0; i < 30; i++) {
    await further();
  }
  await tree.evaluate((el) => el.scrollTo(0, el.scrollHeight));
  await expect(tree.getByRole("treeitem").last()).toContainText("Resource", { timeout: 300_000 });
  const after = await held(page);
  tell("100,000 resources", times, before, after);
  expect(median(times)).toBeLessThan(soon);
  flat(before, after);
});

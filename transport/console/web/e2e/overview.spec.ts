import type { Page } from "@playwright/test";
import { checkAccessibility, checkReflow, expect, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";

const hostile = `<img src=x onerror="document.title='pwned'">`;
const part = (page: Page, name: string) => page.getByRole("region", { name, exact: true });

const pool = { id: "0192f1a0-7c3e-7d52-9f0a-5d0c9c1b2a31", kind: "storage", name: `Store ${hostile}`, unit: "bytes" };
/** Shares of every standing, as the server would have them. */
const shares = [
  { use: 30e9, held: 10e9, limit: 100e9 },
  { use: 75e9, held: 10e9, limit: 100e9 },
  { use: 100e9, held: 0, limit: 100e9 },
  { use: 130e9, held: 0, limit: 100e9 },
  { use: 5e9, held: 0, limit: null },
].map((share, i) => ({ id: `${i}`, num: i, pool: { ...pool, id: `${i}` }, slot: "data", ...share }));

/** crammed has a workspace look as if it had those shares, with a use that grew by 1 GB a day. */
async function crammed(page: Page): Promise<void> {
  await page.route("**/allocations?*", (route) => route.fulfill({ json: { items: shares, total: shares.length } }));
  await page.route("**/history?*", (route) => {
    const asked = new URL(route.request().url()).searchParams;
    const step = asked.get("step") === "hour" ? 3600e3 : 24 * 3600e3;
    const from = Date.parse(asked.get("from") ?? "");
    const to = Date.parse(asked.get("to") ?? "");
    const points = [];
    for (let at = from; at <= to; at += step) {
      points.push({ at: new Date(at).toISOString(), use: Math.round((at - from) / 86.4e6) * 1e9 });
    }
    return route.fulfill({ json: { pool, step: asked.get("step"), limit: 40e9, points } });
  });
}

for (const language of spoken) {
  const t = texts(language, "overview");
  const q = texts(language, "pools");
  const c = texts(language, "common");
  const audit = texts(language, "audit");
  const words = texts(language, "words");

  test.describe(`in ${language}`, () => {
    test("J-51 the identifier is there to be copied", async ({ page, world, context }) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const w = await world({ language });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}`);
      const about = part(page, t("about"));
      await expect(about.getByRole("textbox", { name: t("identifier") })).toHaveValue(w.workspace.id);
      await about.getByRole("button", { name: c("copyOf", { name: t("identifier") }) }).click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(w.workspace.id);
      await expect(about).toContainText(w.workspace.technical_name);
      await expect(about).toContainText(w.organization.name);
      await expect(about).toContainText(w.boss.email);
    });

    test("bars say in words how full everything is", async ({ page, world }) => {
      const w = await world({ language });
      await crammed(page);
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}`);
      const quotas = part(page, t("quotas"));
      await expect(quotas).toContainText(q("quota.standing.full"));
      for (const said of ["fine", "near", "over"]) {
        const [before = ""] = q(`quota.standing.${said}`, { free: "\n", by: "\n" }).split("\n");
        await expect(quotas).toContainText(before.trim());
      }
      await expect(quotas.getByText(q("quota.standing.unlimited")).first()).toBeVisible();
      await expect(quotas.getByText(hostile).first()).toBeVisible();
      // What is fullest is first.
      await expect(quotas.getByText(/130/)).toBeVisible();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `overview-${language}`);
    });

    test("use over time is drawn, and is there as numbers", async ({ page, world }) => {
      const w = await world({ language });
      await crammed(page);
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}`);
      const history = part(page, t("history.title"));
      await expect(history.locator("svg.recharts-surface").first()).toBeVisible();
      await history.getByRole("button", { name: t("chart.show") }).focus();
      await page.keyboard.press("Enter");
      const numbers = history.getByRole("table");
      await expect(numbers.locator("tbody tr")).toHaveCount(31);
      await expect(numbers.locator("tbody tr").first()).toContainText(/30\sG/);
      await expect(numbers.locator("thead")).toContainText(t("history.limit"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `overview-history-${language}`);

      await history.getByText(t("history.days", { days: 7 }), { exact: true }).click();
      await expect(numbers.locator("tbody tr")).toHaveCount(8);
      await history.getByText(t("history.by.hour"), { exact: true }).click();
      await expect(numbers.locator("tbody tr")).toHaveCount(7 * 24 + 1);
    });

    test("people are counted by role, and each number leads to them", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor", vi: "Viewer", wu: "Viewer", ad: "Administrator" } });
      await w.invite({ email: `x-${w.tag}@example.org`, roles: ["Viewer"] });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}`);
      const people = part(page, t("people.title"));
      const count = (name: string) => people.getByRole("row").filter({ hasText: name }).getByRole("cell");
      await expect(count(t("people.all"))).toHaveText("5");
      await expect(count(words("role.Viewer"))).toHaveText("2");
      await expect(count(words("role.Editor"))).toHaveText("1");
      await expect(count(words("role.Administrator"))).toHaveText("1");
      await expect(count(t("people.pending"))).toHaveText("1");
      await people.getByRole("link", { name: words("role.Viewer") }).click();
      await expect(page).toHaveURL(/members\?role=Viewer/);
      await expect(page.locator("tbody").getByRole("row")).toHaveCount(2);
    });

    test("events are told in words", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      await w.group(hostile);
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}`);
      const events = part(page, t("events.title"));
      await expect(events).toContainText(audit("action.group:create"));
      await expect(events.getByRole("row").last()).toContainText(audit("action.workspace:create")); // the newest first
      await expect(events).toContainText(hostile);
      await expect(events).toContainText(audit("action.member:put"));
      await expect(events).toContainText(`(${words("role.Viewer")})`);
      await events.getByRole("link", { name: t("events.all") }).click();
      await expect(page).toHaveURL(/\/audit$/);
    });
  });
}

test("a Viewer sees what is his to see, and nothing is asked for that is not", async ({ page, world }) => {
  const w = await world({ members: { vi: "Viewer" } });
  const refused: string[] = [];
  page.on("response", (r) => {
    if (r.status() === 403) {
      refused.push(r.url());
    }
  });
  await signIn(page, w.members.vi);
  await page.goto(`./workspaces/${w.workspace.id}`);
  await expect(part(page, "Recent events").getByRole("row").first()).toBeVisible();
  await expect(part(page, "People")).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Open the audit log" })).toHaveCount(0);
  await expect(page.getByText("Seats", { exact: true })).toHaveCount(0);
  await page.waitForLoadState("networkidle");
  expect(refused).toEqual([]);
});

test("a workspace that is deactivated says so, and to whom to turn", async ({ page, world }) => {
  const w = await world({ members: { vi: "Viewer" } });
  await w.api.POST("/workspaces/{workspace}/deactivate", { params: { path: { workspace: w.workspace.id } } });
  await signIn(page, w.members.vi);
  await page.goto(`./workspaces/${w.workspace.id}`);
  await expect(page.getByText("This workspace is deactivated")).toBeVisible();
  await expect(part(page, "About")).toContainText("Deactivated");
  await expect(part(page, "Recent events")).toHaveCount(0);
  await checkAccessibility(page);
  await checkReflow(page);
  await shoot(page, "overview-inactive");
});

test("limits that are reached show at the seats", async ({ page, world }) => {
  const w = await world({ members: { vi: "Viewer" } });
  await w.api.PUT("/workspaces/{workspace}/seats", {
    params: { path: { workspace: w.workspace.id } },
    body: { limit: 1 },
  });
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}`);
  await expect(part(page, "What may be used")).toContainText("Over the limit by 1");
});

test("nothing moves when what was asked for comes", async ({ page, world }) => {
  const w = await world({ members: { vi: "Viewer" } });
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}`);
  await page.waitForLoadState("networkidle");
  const shift = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries() as (PerformanceEntry & { value: number })[]) {
            sum += entry.value;
          }
        }).observe({ type: "layout-shift", buffered: true });
        setTimeout(() => resolve(sum), 300);
      }),
  );
  expect(shift).toBeLessThan(0.1);
});

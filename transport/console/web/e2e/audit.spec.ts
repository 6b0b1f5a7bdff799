import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { administrator, checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { escaped, spoken, texts } from "./support/text";

const hostile = `<img src=x onerror="document.title='pwned'">`;
const rows = (page: Page) => page.locator("tbody").getByRole("row");
const heading = (page: Page, column: string) => page.getByRole("button", { name: new RegExp(`^${escaped(column)},`) });

for (const language of spoken) {
  const t = texts(language, "audit");
  const c = texts(language, "common");
  const table = texts(language, "table");

  test.describe(`in ${language}`, () => {
    test("what happened is there in words, the newest first, with what was refused", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      await w.group(hostile);
      const at = { path: { workspace: w.workspace.id, principal: w.boss.num } };
      await w.members.vi.api
        .PUT("/workspaces/{workspace}/members/{principal}", { params: at, body: { roles: [] } })
        .catch(() => undefined);
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/audit`);
      await expect(rows(page).first()).toContainText(t("action.request:refuse"));
      await expect(rows(page).first()).toContainText(t("refused"));
      await expect(rows(page).first()).toContainText(w.members.vi.username);
      await expect(rows(page).nth(1)).toContainText(t("action.group:create"));
      await expect(rows(page).nth(1)).toContainText(hostile);
      await expect(rows(page).last()).toContainText(t("action.workspace:create"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `audit-${language}`);
    });

    test("filters narrow it down, by the column and by what a row has", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      const here = { path: { workspace: w.workspace.id } };
      await w.boss.api.POST("/workspaces/{workspace}/groups", { params: here, body: { name: "Surveyors" } });
      await w.members.vi.api
        .GET("/workspaces/{workspace}/audit", { params: { path: { workspace: w.workspace.id } } })
        .catch(() => undefined);
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/audit`);
      await expect(rows(page).filter({ hasText: "Surveyors" })).toHaveCount(1);
      const all = await rows(page).count();
      expect(all).toBeGreaterThan(2);

      await heading(page, t("event")).click();
      await page.getByRole("menuitem", { name: table("only", { value: t("category.group") }) }).click();
      await expect(rows(page)).toHaveCount(1);
      await expect(page).toHaveURL(/action=group\./);
      await page
        .getByRole("button", { name: table("unfilter", { value: `${t("event")}: ${t("category.group")}` }) })
        .click();
      await expect(rows(page)).toHaveCount(all);

      // From a row: only what this person did; the chip calls him by his name.
      await rows(page).filter({ hasText: "Surveyors" }).getByRole("button").last().click();
      await page.getByRole("menuitem", { name: t("only.actor") }).click();
      await expect(page).toHaveURL(new RegExp(`principal=${w.boss.num}`));
      await expect(page.getByText(`${t("actor")}: ${w.boss.username}`)).toBeVisible();
      await expect(rows(page).filter({ hasText: "Surveyors" })).toHaveCount(1);
      await rows(page).filter({ hasText: "Surveyors" }).getByRole("button").last().click();
      await page.getByRole("menuitem", { name: t("only.object") }).click();
      await expect(rows(page)).toHaveCount(1);
      await expect(page.getByText(`${t("objectId")}: Surveyors`)).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `audit-narrow-${language}`);
    });

    test("periods are one press away, and an empty one says what to do", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, w.boss);
      await page.route("**/audit?*", (route) =>
        new URL(route.request().url()).searchParams.has("since")
          ? route.fulfill({ json: { items: [], total: 0 } })
          : route.continue(),
      );
      const asked = page.waitForRequest((r) => r.url().includes("/audit?") && r.url().includes("since="));
      await page.goto(`./workspaces/${w.workspace.id}/audit`);
      await expect(rows(page).first()).toBeVisible();
      await page.getByRole("radio", { name: t("last.15m") }).focus();
      await page.keyboard.press("Space");
      const since = new URL((await asked).url()).searchParams.get("since") ?? "";
      expect(Math.abs(Date.now() - Date.parse(since) - 15 * 60_000)).toBeLessThan(20_000);
      await expect(page.getByRole("heading", { name: t("emptyPeriod") })).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `audit-empty-${language}`);
      await page.getByRole("button", { name: t("anyTime") }).click();
      await expect(rows(page).first()).toBeVisible();
    });

    test("an event tells what was and what is", async ({ page, world }) => {
      const w = await world({ language });
      const params = { path: { workspace: w.workspace.id } };
      await w.boss.api.PATCH("/workspaces/{workspace}", { params, body: { description: "old words" } });
      await w.boss.api.PATCH("/workspaces/{workspace}", { params, body: { description: hostile } });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/audit`);
      await rows(page).first().getByRole("button").first().click(); // its date
      const dialog = page.getByRole("dialog", { name: t("action.workspace:update") });
      const change = dialog.getByRole("row").filter({ hasText: "description" });
      await expect(change.getByRole("deletion")).toHaveText("old words");
      await expect(change.getByRole("insertion")).toHaveText(hostile);
      await expect(dialog).toContainText(w.boss.username);
      await expect(dialog).toContainText("workspace.update");
      await expect(dialog).toContainText(t("via.basic"));
      await expect(dialog.getByRole("button", { name: c("close") }).last()).toBeFocused();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `audit-event-${language}`);
      await page.keyboard.press("Escape");
      await expect(dialog).toHaveCount(0);
    });

    test("the log is verified, and a fault is told with its place", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/audit`);
      await page.getByRole("button", { name: t("verify.open") }).click();
      const dialog = page.getByRole("dialog", { name: t("verify.title") });
      await expect(dialog.getByText(t("verify.sound"))).toBeVisible();
      const { head } = await done(
        w.boss.api.GET("/workspaces/{workspace}/audit/verify", { params: { path: { workspace: w.workspace.id } } }),
      );
      await expect(dialog.getByRole("textbox")).toHaveValue(head.hash);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `audit-sound-${language}`);
      await page.route("**/audit/verify", (route) =>
        route.fulfill({
          json: {
            ...{ chain: w.workspace.id, sound: false, from: 0, checked: 3, unchained: 2, head },
            fault: { seq: 4, id: "x", what: "its hash is another" },
          },
        }),
      );
      await dialog.getByRole("button", { name: t("verify.again") }).click();
      await expect(dialog.getByText(t("verify.fault"), { exact: true })).toBeVisible();
      await expect(dialog).toContainText("its hash is another");
      await expect(dialog).toContainText(t("verify.unchained", { count: 2 }));
      await checkAccessibility(page);
      await shoot(page, `audit-fault-${language}`);
    });

    test("it is saved as a file, with the same filters", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      const here = { path: { workspace: w.workspace.id } };
      await w.boss.api.POST("/workspaces/{workspace}/groups", { params: here, body: { name: "Surveyors" } });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/audit?action=group.`);
      await expect(rows(page)).toHaveCount(1);
      for (const format of ["csv", "jsonl"] as const) {
        await page.getByRole("button", { name: t("export.open") }).click();
        const download = page.waitForEvent("download");
        await page.getByRole("menuitem", { name: t(`export.${format}`) }).click();
        const file = await download;
        expect(file.suggestedFilename()).toBe(`audit.${format}`);
        const lines = (await readFile(await file.path(), "utf8")).trim().split("\n");
        expect(lines).toHaveLength(format === "csv" ? 2 : 1);
        expect(lines.at(-1)).toContain("group.create");
        expect(lines.at(-1)).toContain("Surveyors");
      }
      await page.getByRole("button", { name: t("export.open") }).click();
      await expect(page.getByRole("menu")).toBeVisible();
      await checkAccessibility(page);
    });

    test("that of the platform names the workspaces, and shows its own alone", async ({ page, world }) => {
      const w = await world({ language, name: `Quarry ${hostile}` });
      await signIn(page, await administrator(language));
      await page.goto("./platform/audit?q=Quarry");
      const row = rows(page).filter({ hasText: w.workspace.name }).first();
      await expect(row.getByRole("link", { name: w.workspace.name })).toHaveAttribute(
        "href",
        new RegExp(`/workspaces/${w.workspace.id}$`),
      );
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `audit-platform-${language}`);
      await page.goto("./platform/audit");
      await page.getByRole("checkbox", { name: t("platformOnly") }).focus();
      await page.keyboard.press("Space");
      await expect(page).toHaveURL(/platform=true/);
      await expect(rows(page).first()).toContainText(t("platform"));
      await expect(page.locator("tbody").getByRole("link")).toHaveCount(0);
    });
  });
}

test("what the address makes up is not asked for", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  const asked = page.waitForRequest((r) => r.url().includes("/api/v1/") && r.url().includes("/audit?"));
  await page.goto(
    `./workspaces/${w.workspace.id}/audit?last=2h&outcome=perhaps&object_kind=%3Cb%3E&action=MEMBER&platform=true&since=soon`,
  );
  const names = [...new URL((await asked).url()).searchParams.keys()].sort();
  expect(names).toEqual(["limit", "sort"]);
  await expect(rows(page).first()).toBeVisible();
});

test("a Viewer is told that it is not for him", async ({ page, world }) => {
  const w = await world({ members: { vi: "Viewer" } });
  await signIn(page, w.members.vi);
  await page.goto(`./workspaces/${w.workspace.id}/audit`);
  await expect(page.getByRole("alert")).toContainText("workspace.read_audit");
  await expect(page.getByRole("link", { name: "Audit log" })).toHaveCount(0);
  await checkAccessibility(page);
});

test("what was refused says what was missing", async ({ page, world }) => {
  const w = await world({ members: { vi: "Viewer" } });
  await w.members.vi.api
    .PATCH("/workspaces/{workspace}", { params: { path: { workspace: w.workspace.id } }, body: { name: "Mine" } })
    .catch(() => undefined);
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/audit?outcome=refused`);
  await rows(page).first().getByRole("button").first().press("Enter");
  await expect(page.getByRole("dialog")).toContainText("What was missing: workspace.update");
});

test("the first page says how many there are, and the others know it from there", async ({ page, world }) => {
  const w = await world();
  await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      w.boss.api.POST("/workspaces/{workspace}/groups", {
        params: { path: { workspace: w.workspace.id } },
        body: { name: `Group ${n}` },
      }),
    ),
  );
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/audit`);
  const pages = page.getByRole("navigation", { name: new RegExp(`^${texts("en", "table")("pages")}`) });
  await pages.getByRole("combobox").selectOption("25");
  const range = pages.getByRole("status");
  await expect(range).toHaveText(/^1–25 of \d+$/);
  const total = (await range.textContent())?.split(" of ")[1];
  await pages.getByRole("button", { name: texts("en", "table")("forth") }).click();
  await expect(range).toHaveText(`26–${total} of ${total}`);
});

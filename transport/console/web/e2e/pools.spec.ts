import type { Page } from "@playwright/test";
import {
  admin,
  administrator,
  checkAccessibility,
  checkReflow,
  done,
  expect,
  shoot,
  signIn,
  test,
} from "./support/test";
import { spoken, texts } from "./support/text";
import { fresh } from "./support/world";

const hostile = `<img src=x onerror="document.title='pwned'">`;
const part = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const rows = (page: Page) => page.locator("tbody").getByRole("row");

for (const language of spoken) {
  const t = texts(language, "pools");
  const c = texts(language, "common");
  const table = texts(language, "table");

  test.describe(`in ${language}`, () => {
    test("a facility is made, changed and deleted", async ({ page, api }) => {
      const tag = fresh();
      const name = `Store ${tag} ${hostile}`;
      const found = async () => (await done(api.GET("/pools", { params: { query: { q: tag } } }))).items;
      await signIn(page, await administrator(language));
      await page.goto(`./platform/pools?q=${tag}`);
      await page
        .getByRole("button", { name: t("create") })
        .first()
        .click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog.getByText(c("required")).first()).toBeVisible();
      await dialog.getByRole("textbox", { name: t("name"), exact: true }).fill(name);
      await dialog.getByRole("checkbox", { name: t("quota.noLimit") }).uncheck();
      await dialog.getByRole("textbox", { name: t("capacity") }).fill("2");
      await dialog.getByRole("textbox", { name: t("type"), exact: true }).fill("S3");
      await dialog.getByRole("button", { name: t("addUrl") }).click();
      await dialog.getByRole("textbox", { name: t("urlType") }).fill("S3");
      await dialog.getByRole("textbox", { name: t("url"), exact: true }).fill("javascript:alert(1)");
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `pool-new-${language}`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog).toHaveCount(0);
      await expect(rows(page)).toHaveCount(1);
      await expect(rows(page)).toContainText(name);
      expect(await found()).toMatchObject([{ name, kind: "storage", unit: "bytes", capacity: 2e9, type: "S3" }]);

      await rows(page)
        .getByRole("button", { name: table("actionsOf", { name }) })
        .click();
      await page.getByRole("menuitem", { name: c("modify") }).click();
      await dialog.getByRole("textbox", { name: t("description") }).fill("For tests");
      await dialog.getByRole("button", { name: c("save") }).click();
      await expect(dialog).toHaveCount(0);
      expect(await found()).toMatchObject([{ description: "For tests", capacity: 2e9 }]);

      // An address is text, wherever it leads.
      await rows(page).getByRole("link", { name }).click();
      await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
      await expect(page.getByText("javascript:alert(1)")).toBeVisible();
      await expect(page.locator('a[href^="javascript"]')).toHaveCount(0);

      await page.getByRole("button", { name: c("delete") }).click();
      const act = dialog.getByRole("button", { name: t("deleteAct") });
      await expect(act).toBeDisabled();
      await checkAccessibility(page);
      await shoot(page, `pool-delete-${language}`);
      await dialog.getByRole("textbox").fill(name);
      await act.click();
      await expect(page).toHaveURL(/\/platform\/pools$/);
      expect(await found()).toEqual([]);
    });

    test("its page shows how full it is, and who has a share of it", async ({ page, api, world }) => {
      const w = await world({ language });
      const pool = await done(
        api.POST("/pools", { body: { kind: "endpoint", unit: "count", name: `WFS ${w.tag}`, capacity: 20 } }),
      );
      await signIn(page, await administrator(language));
      await page.goto(`./platform/pools/${pool.id}`);
      const shares = part(page, t("shares.title"));
      const look = shares.getByRole("button", { name: new RegExp(t("shares.look", { count: 2 }).split("2")[0] ?? "") });
      if (await look.isVisible().catch(() => false)) {
        await look.click();
      }
      await page.getByRole("button", { name: t("give.open") }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("combobox", { name: t("give.workspace") }).fill(w.tag);
      await page.getByRole("option", { name: w.workspace.name }).click();
      await dialog.getByRole("textbox", { name: t("give.limit") }).fill("5");
      await checkAccessibility(page);
      await shoot(page, `pool-give-${language}`);
      await dialog.getByRole("button", { name: t("give.act") }).click();
      await expect(dialog).toHaveCount(0);
      await expect(shares.getByRole("link", { name: w.workspace.name })).toBeVisible({ timeout: 30_000 });
      await expect(shares).toContainText(t("quota.usedOf", { use: "0", limit: "5" }));
      await expect(part(page, t("use"))).toContainText(t("quota.usedOf", { use: "0", limit: "20" }));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `pool-${language}`);

      // Whoever has a share of it keeps it from being deleted.
      await page.getByRole("button", { name: c("delete") }).click();
      await dialog.getByRole("textbox").fill(pool.name);
      await dialog.getByRole("button", { name: t("deleteAct") }).click();
      await expect(dialog.getByRole("alert")).toContainText(texts(language, "problem")("in_use"));
    });

    test("the list is narrowed down, and the platform's own are named", async ({ page, api }) => {
      const tag = fresh();
      await api.POST("/pools", { body: { kind: "endpoint", unit: "count", name: `A ${tag}`, open: true } });
      await api.POST("/pools", { body: { kind: "check", unit: "none", name: `B ${tag}`, open: false } });
      await signIn(page, await administrator(language));
      await page.goto("./platform/pools");
      await expect(page.getByRole("link", { name: t("builtin.seats") })).toBeVisible();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `pools-${language}`);
      await page.getByRole("searchbox").fill(tag);
      await expect(rows(page)).toHaveCount(2);
      await page.getByRole("button", { name: table("menuOf", { column: t("open") }) }).click();
      await page.getByRole("menuitem", { name: table("only", { value: t("isOpen") }) }).click();
      await expect(rows(page)).toHaveCount(1);
      await expect(rows(page)).toContainText(`A ${tag}`);
    });
  });
}

test("what belongs to the platform is neither changed nor deleted here", async ({ page }) => {
  await signIn(page, admin());
  await page.goto("./platform/pools?kind=seats");
  await rows(page).getByRole("button").last().click();
  await expect(page.getByRole("menuitem", { name: "Display info" })).toBeVisible();
  await expect(page.getByRole("menuitem")).toHaveCount(1);
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Seats of workspaces" })).toBeVisible();
  await expect(page.getByRole("button", { name: "Delete" })).toHaveCount(0);
});

test("who does not administer the platform is told that it is not for him", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  await page.goto("./platform/pools");
  await expect(page.getByRole("alert")).toContainText("platform.administer");
  await expect(page.getByRole("button", { name: "Create a facility" })).toHaveCount(0);
});

import {
  checkAccessibility,
  checkReflow,
  done,
  expect,
  password,
  shoot,
  signIn,
  signInByForm,
  test,
} from "./support/test";
import { spoken, texts } from "./support/text";

const better = "seven herons argue about the tide";

for (const language of spoken) {
  const t = texts(language, "account");
  const s = texts(language, "session");
  const c = texts(language, "common");

  test.describe(`in ${language}`, () => {
    test("everything about the reader himself is on one page", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, w.boss);
      for (const tab of ["profile", "password", "sessions", "keys", "tables"]) {
        await page.goto(`./account?tab=${tab}`);
        await expect(page.getByRole("tab", { name: t(`tab.${tab}`) })).toHaveAttribute("aria-selected", "true");
        await expect(page.getByRole("tabpanel")).toBeVisible();
        if (tab === "sessions" || tab === "keys") {
          await expect(page.getByRole("table")).toBeVisible();
        }
        await checkAccessibility(page);
        await checkReflow(page);
        await shoot(page, `account-${tab}-${language}`);
      }
    });

    test("the password is changed: this browser stays, others do not, and what is wrong is said", async ({
      page,
      world,
      another,
    }) => {
      const w = await world({ language });
      const elsewhere = await another();
      await signIn(elsewhere, w.boss);
      await elsewhere.goto("./account");
      await expect(elsewhere.getByRole("tabpanel")).toBeVisible();
      await signIn(page, w.boss);
      await page.goto("./account?tab=password");
      const old = page.getByLabel(t("oldPassword"));
      const next = page.getByLabel(t("newPassword"));
      const change = page.getByRole("button", { name: t("changePassword") });
      for (const [was, will, told] of [
        [password, "short", s("choose.short", { least: 15 })],
        [password, "passwordpasswordpassword", s("choose.guessable")],
        ["not the present one at all", better, s("choose.wrong")],
      ] as const) {
        await old.fill(was);
        await next.fill(will);
        await change.click();
        await expect(page.getByText(told)).toBeVisible();
      }
      await checkAccessibility(page);
      await old.fill(password);
      await next.fill(better);
      await change.click();
      await expect(page.getByText(t("passwordChanged"))).toBeVisible();
      await expect(page.getByRole("dialog")).toHaveCount(0);
      await done(w.api.as(w.boss.username, better).GET("/me"));
      // The other browser notices when it is looked at, and says why.
      await elsewhere.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
      const dialog = elsewhere.getByRole("dialog", { name: s("ended.title") });
      await expect(dialog).toContainText(s("ended.password"));
    });

    test("a session elsewhere is ended, alone or with all others", async ({ page, world, another }) => {
      const w = await world({ language });
      const others = [await another(), await another()];
      for (const other of others) {
        await signIn(other, w.boss);
      }
      await signIn(page, w.boss);
      await page.goto("./account?tab=sessions");
      const rows = page.locator("tbody").getByRole("row");
      await expect(rows).toHaveCount(3);
      await expect(rows.filter({ hasText: t("current") })).toHaveCount(1);
      await rows
        .filter({ hasNotText: t("current") })
        .first()
        .getByRole("button")
        .last()
        .click();
      await page.getByRole("menuitem", { name: t("end") }).click();
      const dialog = page.getByRole("dialog");
      await checkAccessibility(page);
      await shoot(page, `session-end-${language}`);
      await dialog.getByRole("button", { name: t("end"), exact: true }).click();
      await expect(rows).toHaveCount(2);
      await page.getByRole("button", { name: t("endOthers") }).click();
      await expect(dialog.getByRole("listitem")).toHaveCount(1);
      await checkAccessibility(page);
      await dialog.getByRole("button", { name: t("end"), exact: true }).click();
      await expect(rows).toHaveCount(1);
      await expect(rows).toContainText(t("current"));
    });

    test("names and language are one's own to change", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, w.boss);
      await page.goto("./account");
      const odd = "<b>Zoé</b>";
      await page.getByRole("textbox", { name: t("firstName") }).fill(odd);
      await page.getByRole("combobox", { name: t("language") }).click();
      await page.getByRole("option", { name: "Español" }).click();
      await page.getByRole("button", { name: c("save") }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(texts("es", "account")("title"));
      await expect(page.getByRole("button", { name: `${odd} ${w.tag}` })).toBeVisible();
      const me = await done(w.boss.api.GET("/me"));
      expect([me.first_name, me.language]).toEqual([odd, "es"]);
    });
  });
}

const t = texts("en", "account");
const k = texts("en", "keys");

test("one's own keys have neither role nor creator, and are made and deleted as others", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  await page.goto("./account?tab=keys");
  await page
    .getByRole("button", { name: k("create") })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("combobox", { name: k("role") })).toHaveCount(0);
  await dialog.getByRole("textbox", { name: k("name") }).fill("Mine");
  await dialog.getByRole("button", { name: k("create") }).click();
  const secret = await dialog.getByRole("textbox", { name: k("secret") }).inputValue();
  // Others may show theirs to everybody.
  const seen = (await done(w.api.with(secret).GET("/workspaces", { params: { query: { q: w.workspace.name } } })))
    .items;
  expect(seen.map(({ id }) => id)).toEqual([w.workspace.id]);
  await dialog.getByRole("button", { name: k("ok") }).click();
  const row = page.locator("tbody").getByRole("row").filter({ hasText: "Mine" });
  await row.getByRole("button").last().click();
  await page.getByRole("menuitem", { name: texts("en", "common")("delete") }).click();
  await dialog.getByRole("button", { name: texts("en", "common")("delete") }).click();
  await expect(row).toHaveCount(0);
});

test("J-13 what was chosen of tables is remembered, and all are shown as at first again", async ({ page, world }) => {
  const w = await world();
  const table = texts("en", "table");
  await signIn(page, w.boss);
  await page.goto("./account?tab=sessions");
  const address = page.getByRole("button", { name: new RegExp(`^${t("address")},`) });
  await address.click();
  const kept = page.waitForResponse((r) => r.url().includes("/me/preferences/") && r.request().method() === "PUT");
  await page.getByRole("menuitem", { name: table("hide") }).click();
  await expect(address).toHaveCount(0);
  await kept;
  await page.reload();
  await expect(page.getByRole("table")).toBeVisible();
  await expect(address).toHaveCount(0);
  await page.getByRole("tab", { name: t("tab.tables") }).click();
  await page.getByRole("button", { name: t("resetTables") }).click();
  await checkAccessibility(page);
  await shoot(page, "account-reset");
  await page
    .getByRole("dialog")
    .getByRole("button", { name: t("resetTables") })
    .click();
  await expect(page.getByText(t("tablesReset"))).toBeVisible();
  await page.getByRole("tab", { name: t("tab.sessions") }).click();
  await expect(address).toBeVisible();
  expect((await done(w.boss.api.GET("/me/preferences"))).preferences).toEqual({});
});

test("the account is changed by the keyboard alone", async ({ page, world }) => {
  const w = await world();
  await signInByForm(page, w.boss);
  await expect(page.getByRole("banner")).toBeVisible(); // which nobody has who is not signed in
  await page.goto("./account");
  await page.getByRole("tab", { name: t("tab.profile") }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: t("tab.password") })).toHaveAttribute("aria-selected", "true");
  await page.keyboard.press("Tab");
  if (!(await page.getByLabel(t("oldPassword")).evaluate((e) => e === document.activeElement))) {
    await page.keyboard.press("Tab"); // the panel itself may come first
  }
  await page.keyboard.type(password);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.type(better);
  await page.keyboard.press("Enter");
  await expect(page.getByText(t("passwordChanged"))).toBeVisible();
});

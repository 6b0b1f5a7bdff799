import type { Page } from "@playwright/test";
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";
import type { Person, World } from "./support/world";

const hostile = "<img src=x onerror=alert(1)>";

const dialog = (page: Page) => page.getByRole("dialog");
const nameOf = (p: Person) => `${p.last_name} ${p.first_name}`;

/** What the page says of who may do what, in a language. */
function words(language: string) {
  const r = texts(language, "resources");
  const t = texts(language, "table");
  const what = (permission: string) => (language === "fr" ? `Ressource : ${permission}` : `Resource: ${permission}`);
  return {
    r,
    t,
    e: texts(language, "explain"),
    read: what(language === "fr" ? "Lecture" : "Read"),
    update: what(language === "fr" ? "Modification" : "Update"),
    /** One row's answer about a permission. */
    answer: (page: Page, name: string, permission: string, may: boolean) =>
      page.getByRole("button", {
        name: r(may ? "access.may" : "access.mayNot", { name, what: permission }),
        exact: true,
      }),
    menu: (page: Page, column: string) => page.getByRole("button", { name: t("menuOf", { column }), exact: true }),
  };
}

async function open(page: Page, w: World<string>, node: number, language = "en") {
  await page.goto(`./workspaces/${w.workspace.id}/resources?node=${node}&tab=access`);
  await expect(page.getByRole("table", { name: texts(language, "resources")("access.title") })).toBeVisible();
}

const table = (page: Page, language: string) =>
  page.getByRole("table", { name: texts(language, "resources")("access.title") });
const row = (page: Page, language: string, name: string) =>
  table(page, language).getByRole("row").filter({ hasText: name });

for (const language of spoken) {
  const { r, t, e, read, update, answer, menu } = words(language);

  test.describe(`in ${language}`, () => {
    test("everybody who holds something is told of: found by name, narrowed by kind and by permission", async ({
      page,
      world,
    }) => {
      const w = await world({ language, members: { vi: "Viewer", ed: "Editor", no: [] } });
      const key = await w.key(`Robot ${hostile}`);
      const folder = await w.resource("Folder");
      await signIn(page, w.boss);
      await open(page, w, folder.num, language);
      await expect(row(page, language, nameOf(w.boss))).toContainText(r("access.supervisor"));
      await expect(answer(page, nameOf(w.members.vi), read, true)).toBeVisible();
      await expect(answer(page, nameOf(w.members.vi), update, false)).toBeVisible();
      await expect(answer(page, nameOf(w.members.ed), update, true)).toBeVisible();
      await expect(answer(page, key.title, read, true)).toBeVisible();
      // Who holds no more than whoever has signed in holds nothing by being a member.
      await expect(row(page, language, w.members.no.email)).toHaveCount(0);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `access-${language}`);

      // By name, username or address.
      const search = page.getByRole("searchbox", { name: r("access.search") });
      await search.fill(w.members.vi.username);
      await expect(row(page, language, nameOf(w.boss))).toHaveCount(0);
      await expect(row(page, language, nameOf(w.members.vi))).toContainText(w.members.vi.email);
      await search.fill("nobody is called so");
      await expect(page.getByRole("heading", { name: t("nothingFound") })).toBeVisible();
      await page.getByRole("button", { name: t("clear") }).click();
      await expect(search).toHaveValue("");
      await expect(row(page, language, nameOf(w.boss))).toBeVisible();

      // By kind, whose column is not there at first.
      await menu(page, r("access.who")).click();
      await page.getByRole("menuitem", { name: t("show", { column: r("access.kind") }) }).click();
      await menu(page, r("access.kind")).click();
      await page.getByRole("menuitem", { name: t("only", { value: r("access.key") }) }).click();
      await expect(table(page, language).locator("tbody").getByRole("row")).toHaveCount(1);
      await expect(row(page, language, key.title)).toContainText(r("access.key"));
      await page
        .getByRole("button", { name: t("unfilter", { value: `${r("access.kind")}: ${r("access.key")}` }) })
        .click();

      // By what is held.
      const scope = language === "fr" ? "Ressource" : "Resource";
      const permission = update.slice(update.indexOf(":") + 2);
      await menu(page, scope).click();
      await page.getByRole("menuitem", { name: t("only", { value: permission }), exact: true }).click();
      await expect(row(page, language, key.title)).toHaveCount(0);
      await expect(row(page, language, nameOf(w.members.vi))).toHaveCount(0);
      await expect(answer(page, nameOf(w.members.ed), update, true)).toBeVisible();
      await expect(table(page, language).locator("[data-held=false]").filter({ hasText: permission })).toHaveCount(0);
    });

    test("each answer leads to its reason, and what would turn it round does", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      const folder = await w.resource("Folder");
      const vi = nameOf(w.members.vi);
      const ask = async () =>
        (await done(w.members.vi.api.POST("/check", { body: { node: folder.num, permission: "resource.update" } })))
          .allowed;
      await signIn(page, w.boss);
      await open(page, w, folder.num, language);
      await answer(page, vi, update, false).click();
      const path = dialog(page).getByRole("list", { name: e("path") });
      await expect(path.locator("> li").last()).toContainText("Folder");
      await expect(dialog(page).getByRole("alert")).toContainText(e("cause.default"));
      await dialog(page)
        .getByRole("button", { name: e("flip.try") })
        .click();
      // What it would do to others as well is shown before it is done.
      await expect(dialog(page).getByRole("status")).toContainText(e("differences.gains", { what: update }));
      await expect(dialog(page).getByRole("status")).toContainText(vi);
      await checkAccessibility(page);
      expect(await ask()).toBe(false);
      await dialog(page)
        .getByRole("button", { name: e("flip.apply") })
        .click();
      await expect(dialog(page).getByRole("alert")).toContainText(e("cause.rule"));
      expect(await ask()).toBe(true);
      await page.keyboard.press("Escape");
      await expect(answer(page, vi, update, true)).toBeVisible();

      // And back again, from the table as it is now.
      await answer(page, vi, update, true).click();
      await expect(dialog(page)).toContainText(e("flip.take"));
      await dialog(page)
        .getByRole("button", { name: e("flip.try") })
        .click();
      await expect(dialog(page).getByRole("status")).toContainText(e("differences.loses", { what: update }));
      await dialog(page)
        .getByRole("button", { name: e("flip.apply") })
        .click();
      await expect(dialog(page).getByRole("alert")).toContainText(e("cause.default"));
      await page.keyboard.press("Escape");
      await expect(answer(page, vi, update, false)).toBeVisible();
      expect(await ask()).toBe(false);
    });

    test("what is open to all is told of everyone, and why of who has not signed in", async ({ page, world }) => {
      const w = await world({ language });
      const folder = await w.resource("Folder");
      for (const scope of ["workspace", "resource"]) {
        await w.boss.api.POST("/resources/{resource}/rules", {
          params: { path: { resource: w.workspace.num } },
          body: { effect: "allow", principal: 2, scope, permission: "read" },
        });
      }
      await signIn(page, w.boss);
      await open(page, w, folder.num, language);
      await answer(page, e("special.everyone"), read, true).click();
      await expect(dialog(page)).toContainText(e("may", { name: e("special.guest"), what: read, node: "Folder" }));
      await expect(dialog(page).getByRole("list", { name: e("path") })).toContainText(
        e("through", { name: e("special.everyone") }),
      );
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `access-everyone-${language}`);
    });

    test("who is about to give up the right to change rules is warned", async ({ page, world }) => {
      const w = await world({ language, members: { cho: "Administrator" } });
      const folder = await w.resource("Folder");
      await signIn(page, w.members.cho);
      await page.goto(`./workspaces/${w.workspace.id}/resources?node=${folder.num}&tab=rules`);
      await page
        .getByRole("button", { name: r("addRule") })
        .first()
        .click();
      await dialog(page).getByText(e("effect.deny"), { exact: true }).click();
      await dialog(page)
        .getByRole("combobox", { name: e("form.who") })
        .fill("cho-");
      await page.getByRole("option", { name: new RegExp(w.members.cho.email) }).click();
      await dialog(page)
        .getByRole("combobox", { name: e("form.what"), exact: true })
        .click();
      await page.getByRole("option", { name: e("form.kind.everything"), exact: true }).click();
      await dialog(page)
        .getByRole("button", { name: e("form.try") })
        .click();
      await expect(dialog(page).getByRole("status").getByRole("alert")).toContainText(e("differences.yourself"));
      await checkAccessibility(page);
      await checkReflow(page);
    });
  });
}

const { r, t, answer, read, menu } = words("en");

test("pages of who may what come from the server, one after the other", async ({ page, world }) => {
  const w = await world();
  for (let i = 0; i < 27; i++) {
    await w.key(`Key ${String(i).padStart(2, "0")}`);
  }
  const folder = await w.resource("Folder");
  await signIn(page, w.boss);
  await open(page, w, folder.num);
  await menu(page, r("access.who")).click();
  await page.getByRole("menuitem", { name: t("show", { column: r("access.kind") }) }).click();
  await menu(page, r("access.kind")).click();
  await page.getByRole("menuitem", { name: t("only", { value: r("access.key") }) }).click();
  await page.getByRole("combobox", { name: t("size") }).selectOption("25");
  const pages = page.getByRole("navigation", { name: t("pages") });
  const names = table(page, "en").locator("tbody td:first-of-type");
  await expect(pages).toContainText(/1–25/);
  await expect(names).toHaveCount(25);
  const first = await names.allTextContents();
  await pages.getByRole("button", { name: t("forth") }).click();
  await expect(names).toHaveCount(2);
  const second = await names.allTextContents();
  expect(new Set([...first, ...second]).size).toBe(27);
  // The order can be turned round.
  await menu(page, r("access.who")).click();
  await page.getByRole("menuitem", { name: t("descending") }).click();
  await expect(names.first()).toHaveText(second[1] ?? "");
});

test("who may read alone is told of himself and of what all may", async ({ page, world }) => {
  const w = await world({ members: { vi: "Viewer", ed: "Editor" } });
  const folder = await w.resource("Folder");
  await w.key("Robot");
  await signIn(page, w.members.vi);
  await open(page, w, folder.num);
  await expect(answer(page, nameOf(w.members.vi), read, true)).toBeVisible();
  for (const name of [nameOf(w.members.ed), nameOf(w.boss), "Robot"]) {
    await expect(row(page, "en", name)).toHaveCount(0);
  }
  await expect(page.getByRole("combobox", { name: r("rightsOf") })).toHaveCount(0);
});

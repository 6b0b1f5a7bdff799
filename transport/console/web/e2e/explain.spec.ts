import type { Page } from "@playwright/test";
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";
import type { Person, World } from "./support/world";

const dialog = (page: Page) => page.getByRole("dialog");

/** Opens the reason for which somebody may or may not do something on a node. */
async function why(page: Page, w: World<string>, node: number, who: Person, permission: string, language: string) {
  const r = texts(language, "resources");
  await page.goto(`./workspaces/${w.workspace.id}/resources?node=${node}&tab=access`);
  const of = page.getByRole("combobox", { name: r("rightsOf") });
  await of.fill(who.username.slice(0, 3));
  await page.getByRole("option", { name: new RegExp(who.email ?? "") }).click();
  await page.getByRole("button", { name: texts(language, "explain")("whyOf", { what: permission }) }).click();
  await expect(dialog(page).getByRole("list", { name: texts(language, "explain")("path") })).toBeVisible();
}

for (const language of spoken) {
  const t = texts(language, "explain");
  const read = language === "fr" ? "Ressource : Lecture" : "Resource: Read";
  const steps = (page: Page) =>
    dialog(page)
      .getByRole("list", { name: t("path") })
      .locator("> li");

  test.describe(language, () => {
    test("why: the way from the root says which rule decided, and what would turn it round", async ({
      page,
      world,
    }) => {
      const w = await world({ language, members: { vi: "Viewer", lea: [] } });
      const folder = await w.resource(`<b>Folder</b>`);
      await signIn(page, w.boss);
      await why(page, w, folder.num, w.members.vi, read, language);
      await expect(dialog(page).getByRole("alert")).toContainText(t("cause.rule"));
      await expect(steps(page)).toHaveCount(4);
      await expect(steps(page).nth(2)).toContainText(w.workspace.name);
      await expect(steps(page).nth(2)).toContainText(t("decides"));
      await expect(steps(page).nth(3)).toContainText("<b>Folder</b>");
      await expect(steps(page).nth(3)).not.toContainText(t("decides"));
      await expect(dialog(page)).toContainText(t("flip.take"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `explain-allowed-${language}`);
      await page.keyboard.press("Escape");

      // Nothing gives it to her: what would is tried, made, and true.
      await why(page, w, folder.num, w.members.lea, read, language);
      await expect(dialog(page).getByRole("alert")).toContainText(t("cause.default"));
      await dialog(page)
        .getByRole("button", { name: t("flip.try") })
        .click();
      await expect(dialog(page).getByText(new RegExp(`^\\s*${language === "fr" ? "gagne" : "gains"}`))).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `explain-flip-${language}`);
      const ask = () =>
        done(w.members.lea.api.POST("/check", { body: { node: folder.num, permission: "resource.read" } }));
      expect((await ask()).allowed).toBe(false);
      await dialog(page)
        .getByRole("button", { name: t("flip.apply") })
        .click();
      await expect(dialog(page).getByRole("alert")).toContainText(t("cause.rule"));
      await expect(steps(page).last()).toContainText(t("decides"));
      expect((await ask()).allowed).toBe(true);
    });

    test("why: what denies, what is missing, and who supervises are told apart", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer", ed: "Editor" } });
      const layer = await w.layer("Wells");
      const rule = (body: { principal: number; permission: string }) =>
        w.boss.api.POST("/resources/{resource}/rules", {
          params: { path: { resource: layer.num } },
          body: { effect: "deny", scope: "resource", ...body },
        });
      await rule({ principal: w.members.vi.num, permission: "read" });
      await signIn(page, w.boss);
      await why(page, w, layer.num, w.members.vi, read, language);
      await expect(dialog(page).getByRole("alert").first()).toContainText(t("cause.deny"));
      await expect(steps(page).last()).toContainText(t("decides"));
      await expect(steps(page).nth(2)).toContainText(t("outdone"));
      await checkAccessibility(page);
      await shoot(page, `explain-denied-${language}`);
      await page.keyboard.press("Escape");

      const data = language === "fr" ? "Données : Lecture" : "Data: Read";
      await page.getByRole("button", { name: texts(language, "explain")("whyOf", { what: data }) }).click();
      await expect(dialog(page).getByRole("alert").first()).toContainText(t("cause.requirement"));
      await expect(dialog(page).getByRole("alert").nth(1)).toContainText(t("cause.deny"));
      await checkAccessibility(page);
      await shoot(page, `explain-missing-${language}`);
      await page.keyboard.press("Escape");

      await why(page, w, layer.num, w.boss, read, language);
      await expect(dialog(page).getByRole("alert")).toContainText(t("cause.supervision"));
      await expect(steps(page).nth(2)).toContainText(t("sovereign"));
    });
  });
}

test("why: who may not change rules is offered no change", async ({ page, world }) => {
  const t = texts("en", "explain");
  const w = await world({ members: { ed: "Editor" } });
  const folder = await w.resource("Folder");
  await signIn(page, w.members.ed);
  await page.goto(`./workspaces/${w.workspace.id}/resources?node=${folder.num}&tab=access`);
  await page.getByRole("button", { name: "Why: Resource: Manage permissions" }).click();
  await expect(dialog(page).getByRole("alert")).toContainText(t("cause.default"));
  await expect(dialog(page)).toContainText(t("flip.give"));
  await expect(dialog(page).getByRole("button", { name: t("flip.try") })).toHaveCount(0);
});

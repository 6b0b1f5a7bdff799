import { administrator, checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";
import { fresh } from "./support/world";

for (const language of spoken) {
  const t = texts(language, "roles");
  const c = texts(language, "common");
  const words = texts(language, "words");

  test.describe(language, () => {
    test("J-03 roles of a workspace: what each gives, how many have it, and who", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor", eva: "Editor", vi: "Viewer" } });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/roles`);
      const row = page.getByRole("row", { name: new RegExp(words("role.Editor")) });
      await expect(
        row.getByRole("link", { name: t("membersOf", { role: words("role.Editor"), count: 2 }) }),
      ).toHaveText("2");
      for (const role of ["Administrator", "Viewer"]) {
        await expect(page.getByRole("button", { name: words(`role.${role}`), exact: true })).toBeVisible();
      }
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `roles-${language}`);
      await page.getByRole("button", { name: words("role.Editor"), exact: true }).click();
      const dialog = page.getByRole("dialog");
      await expect(dialog.getByRole("cell", { name: `${w.tag} Ed` })).toBeVisible();
      await expect(dialog.getByRole("cell", { name: `${w.tag} Eva` })).toBeVisible();
      await expect(dialog.getByRole("cell", { name: `${w.tag} Vi` })).toHaveCount(0);
      await checkAccessibility(page);
      await shoot(page, `roles-info-${language}`);
    });

    test("a role is made, changed and deleted; those of the platform are as they are", async ({ page, api }) => {
      const name = `a surveyor ${fresh()}`; // on the first page, whatever others leave
      await signIn(page, await administrator(language));
      await page.goto("./platform/roles");
      await page.getByRole("button", { name: t("create") }).click();
      const dialog = page.getByRole("dialog");
      await checkAccessibility(page);
      await dialog.getByRole("textbox", { name: t("name") }).fill("Editor");
      await dialog.getByRole("textbox", { name: t("roleTitle") }).fill(`<i>${name}</i>`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog.getByRole("textbox", { name: t("name") })).toHaveAttribute("aria-invalid", "true");
      await dialog.getByRole("textbox", { name: t("name") }).fill(name);
      const data = dialog.getByRole("group", { name: language === "fr" ? "Données" : "Data", exact: true });
      await data.getByRole("checkbox").first().check();
      await shoot(page, `roles-form-${language}`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog).toHaveCount(0);
      const at = { params: { path: { role: name } } };
      expect((await done(api.GET("/roles/{role}", at))).permissions.toSorted()).toEqual(["data.read", "data.write"]);

      const row = page.getByRole("row", { name: new RegExp(name) });
      await expect(row).toContainText(`<i>${name}</i>`);
      await row.getByRole("button").last().click();
      await page.getByRole("menuitem", { name: c("modify") }).click();
      await expect(dialog.getByRole("alert")).toContainText(t("editText"));
      await data.getByRole("checkbox").last().uncheck();
      await dialog.getByRole("button", { name: c("save") }).click();
      await expect(dialog).toHaveCount(0);
      expect((await done(api.GET("/roles/{role}", at))).permissions).toEqual(["data.read"]);

      await row.getByRole("button").last().click();
      await page.getByRole("menuitem", { name: c("delete") }).click();
      await expect(dialog).toContainText(`<i>${name}</i>`);
      await checkAccessibility(page);
      await dialog.getByRole("button", { name: c("delete") }).click();
      await expect(row).toHaveCount(0);

      await page
        .getByRole("row", { name: /^ANNEX/ })
        .getByRole("button")
        .last()
        .click();
      await expect(page.getByRole("menuitem")).toHaveCount(1);
      await page.getByRole("menuitem", { name: c("info") }).click();
      await checkAccessibility(page);
    });
  });
}

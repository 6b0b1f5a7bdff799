import { checkAccessibility, checkReflow, expect, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";

for (const language of spoken) {
  const t = texts(language, "resources");

  test.describe(language, () => {
    test("J-67 a Viewer sees the list of what he may see, and what it is", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      const folder = await w.resource("Folder");
      const layer = await w.layer("<u>Wells</u>", { parent: folder.num, keyname: `wells_${w.tag}` });
      const secret = await w.resource("Secret", { parent: folder.num });
      await w.boss.api.POST("/resources/{resource}/rules", {
        params: { path: { resource: secret.num } },
        body: { effect: "deny", principal: w.members.vi.num },
      });
      for (const [lon, lat] of [
        [2.5, 48],
        [5, 43.25],
      ]) {
        await w.boss.api.POST("/resources/{resource}/features", {
          params: { path: { resource: layer.num } },
          body: { geometry: { type: "Point", coordinates: [lon, lat] }, properties: { name: "W" } },
        });
      }
      await signIn(page, w.members.vi);
      await page.goto(`./workspaces/${w.workspace.id}/content`);
      const rows = page.getByRole("table", { name: t("contentTitle") }).getByRole("row");
      await expect(rows).toHaveCount(3);
      await expect(page.getByText("Secret")).toHaveCount(0);
      await expect(rows.filter({ hasText: "<u>Wells</u>" })).toContainText(`${w.workspace.name} › Folder`);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `content-${language}`);
      // The tree is for who sees the members.
      await rows.last().getByRole("button").last().click();
      await expect(page.getByRole("menuitem")).toHaveText([texts(language, "common")("info")]);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("menuitem")).toHaveCount(0);
      await page.getByRole("searchbox").fill("wells");
      await expect(rows).toHaveCount(2);
      await page.getByRole("button", { name: "<u>Wells</u>", exact: true }).click();
      const dialog = page.getByRole("dialog");
      await expect(dialog).toContainText(`wells_${w.tag}`);
      await expect(dialog).toContainText(/48°/);
      await expect(dialog.getByText("2", { exact: true }).first()).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `content-info-${language}`);
      await page.keyboard.press("Escape");
      await expect(dialog).toHaveCount(0);
    });

    test("J-67 who may see nothing is told what to do", async ({ page, world }) => {
      const w = await world({ language, members: { lea: [] } });
      await w.resource("Folder");
      await signIn(page, w.members.lea);
      await page.goto(`./workspaces/${w.workspace.id}/content`);
      await expect(page.getByRole("heading", { name: t("contentEmpty") })).toBeVisible();
      await checkAccessibility(page);
    });
  });
}

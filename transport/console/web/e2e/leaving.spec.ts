import {
  choose,
  english,
  holdings,
  isMember,
  nameOf,
  openMembers,
  owned,
  row,
  say,
  select,
  spoken,
} from "./support/members";
import { checkAccessibility, checkReflow, done, expect, shoot, test } from "./support/test";

for (const { language, t, c, table, role } of spoken) {
  test.describe(`in ${language}`, () => {
    test("J-43 J-44 J-46 a member is deleted, and somebody else owns what was his", async ({ page, world }) => {
      const w = await world({
        language,
        members: { ed: "Editor", eva: "Editor", ann: "Administrator", vic: "Viewer" },
      });
      const { ed, eva, ann, vic } = w.members;
      await w.group("Cartographers", ed);
      const house = await owned(w, ed, "House");
      const garden = await w.resource("Garden");
      const rule = {
        node: garden.num,
        effect: "allow",
        principal: ed.num,
        scope: "resource",
        permission: "read",
      } as const;
      await w.boss.api.POST("/workspaces/{workspace}/rules", {
        params: { path: { workspace: w.workspace.id } },
        body: rule,
      });
      await openMembers(page, w);
      const dialog = await choose(page, ed, c.delete, table);
      await expect(dialog.getByRole("checkbox", { name: t.departure.transfer })).toBeChecked();
      await expect(dialog).toContainText("Cartographers");
      await checkAccessibility(page);

      // It is asked for, not done, until somebody is chosen.
      const act = dialog.getByRole("button", { name: t.departure.actTransfer });
      await act.click();
      await expect(dialog).toContainText(t.departure.choose);
      expect(await isMember(w, ed)).toBe(true);
      await dialog.getByRole("combobox", { name: t.departure.heir }).click();
      const options = page.getByRole("listbox").getByRole("option");
      await expect(options).toHaveCount(3); // J-43, JA-5: editors and above, not who leaves, no viewer
      await expect(options.filter({ hasText: nameOf(vic) })).toHaveCount(0);
      await expect(options.filter({ hasText: nameOf(ed) })).toHaveCount(0);
      await expect(options.filter({ hasText: nameOf(ann) })).toHaveCount(1);
      await dialog.getByRole("combobox", { name: t.departure.heir }).fill(eva.email); // there may be many
      await expect(options).toHaveCount(1);
      await options.filter({ hasText: nameOf(eva) }).click();
      const stays = dialog.getByRole("region", { name: t.departure.stays });
      await expect(stays).toContainText("House");
      await expect(stays).toContainText(nameOf(eva));
      await checkAccessibility(page);
      await shoot(page, `members-delete-transfer-${language}`);
      await act.click();
      await expect(dialog).toHaveCount(0);
      await expect(row(page, eva)).toHaveCount(1);
      await expect(row(page, ed)).toHaveCount(0);

      expect(await holdings(w, eva)).toEqual([house.num]);
      const { items: rules } = await done(
        w.boss.api.GET("/workspaces/{workspace}/rules", {
          params: { path: { workspace: w.workspace.id }, query: { limit: 200 } },
        }),
      );
      expect(rules.filter((r) => r.principal === ed.num)).toEqual([]);
      await expect(
        done(ed.api.GET("/workspaces/{workspace}", { params: { path: { workspace: w.workspace.id } } })),
      ).rejects.toThrow(/40[34]/);
    });

    test("J-45 J-47 JA-6 a member goes with what he owns alone, named before", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor", eva: "Editor" } });
      const { ed, eva } = w.members;
      const house = await owned(w, ed, "House");
      await owned(w, w.boss, "Cellar", { parent: house.num });
      const shared = await owned(w, ed, "Well");
      await w.boss.api.POST("/workspaces/{workspace}/rules", {
        params: { path: { workspace: w.workspace.id } },
        body: { node: shared.num, effect: "allow", principal: eva.num, role: "owner" },
      });
      await openMembers(page, w);
      const dialog = await choose(page, ed, c.delete, table);
      await dialog.getByRole("checkbox", { name: t.departure.transfer }).uncheck();
      const goes = dialog.getByRole("region", { name: t.departure.goes });
      await expect(goes).toContainText("House");
      await expect(goes).not.toContainText("Well");
      await expect(dialog.getByRole("region", { name: t.departure.stays })).toContainText("Well");
      const act = dialog.getByRole("button", { name: t.departure.actAll });
      await expect(act).toBeDisabled(); // what cannot be undone is written out
      await checkAccessibility(page);
      await shoot(page, `members-delete-all-${language}`);
      await checkReflow(page);
      await dialog.getByRole("textbox", { name: say(c.writeName, { name: nameOf(ed) }) }).fill(nameOf(ed));
      await act.click();
      await expect(dialog).toHaveCount(0);
      expect(await isMember(w, ed)).toBe(false);
      expect(await holdings(w, eva)).toEqual([shared.num]);
      const gone = w.boss.api.GET("/resources/{resource}", { params: { path: { resource: house.num } } });
      await expect(gone).rejects.toThrow("404");
    });
  });
}

const { t, c } = english;

test("JA-8 what others need goes only when that is said as well", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  const { ed } = w.members;
  const wells = await w.layer("Wells", { owner: ed.num });
  const map = await w.resource("Map", {
    class: "webmap",
    settings: { webmap: { bookmark_resource: { id: wells.num } } },
  });
  await openMembers(page, w);
  const dialog = await choose(page, ed, c.delete);
  await dialog.getByRole("checkbox", { name: t.departure.transfer }).uncheck();
  await expect(dialog.getByRole("alert").filter({ hasText: t.departure.blocked })).toContainText("Wells");
  const act = dialog.getByRole("button", { name: t.departure.actAll });
  await dialog.getByRole("textbox").fill(nameOf(ed));
  await expect(act).toBeDisabled();
  await checkAccessibility(page);
  await shoot(page, "members-delete-needed");
  await dialog.getByRole("checkbox", { name: t.departure.cascade }).check();
  await expect(dialog.getByText(t.departure.blocked)).toHaveCount(0);
  await act.click();
  await expect(dialog).toHaveCount(0);
  expect(await isMember(w, ed)).toBe(false);
  await done(w.boss.api.GET("/resources/{resource}", { params: { path: { resource: map.num } } }));
});

test("a plan that is not true any more is shown anew, and nothing else is done", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  const { ed } = w.members;
  await openMembers(page, w);
  const dialog = await choose(page, ed, c.delete);
  const act = dialog.getByRole("button", { name: t.departure.act });
  await expect(act).toBeEnabled();
  await w.group("Late comers", ed);
  await act.click();
  await expect(dialog.getByRole("alert")).toContainText(t.departure.changed);
  await expect(dialog.getByRole("region", { name: t.departure.goes })).toContainText("Late comers");
  expect(await isMember(w, ed)).toBe(true);
  await checkAccessibility(page);
  await shoot(page, "members-delete-changed");
  await act.click();
  await expect(dialog).toHaveCount(0);
  expect(await isMember(w, ed)).toBe(false);
});

test("something that comes to be owned meanwhile is asked about", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor", eva: "Editor" } });
  const { ed } = w.members;
  await openMembers(page, w);
  const dialog = await choose(page, ed, c.delete);
  await expect(dialog.getByRole("button", { name: t.departure.act })).toBeEnabled();
  const barn = await owned(w, ed, "Barn");
  await dialog.getByRole("button", { name: t.departure.act }).click();
  await expect(dialog.getByRole("checkbox", { name: t.departure.transfer })).toBeVisible();
  expect(await holdings(w, ed)).toEqual([barn.num]);
});

test("of several, who could not be deleted is named with the reason, and stays to be tried again", async ({
  page,
  world,
}) => {
  const w = await world({ members: { ed: "Editor", zoe: "Editor" } });
  const { ed, zoe } = w.members;
  await openMembers(page, w);
  await select(page, [ed, zoe]);
  await page.getByRole("toolbar").getByRole("button", { name: c.delete }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByText(t.departure.brief.nothing)).toHaveCount(2);
  await w.group("Late comers", zoe);
  await dialog.getByRole("button", { name: "Delete 2 members" }).click();
  await expect(dialog.getByRole("alert")).toContainText("1 member could not be deleted");
  await expect(dialog.getByRole("row").filter({ hasText: nameOf(zoe) })).toContainText("leaves 1 group");
  await checkAccessibility(page);
  await shoot(page, "members-delete-several-failed");
  expect(await isMember(w, ed)).toBe(false);
  expect(await isMember(w, zoe)).toBe(true);
  await dialog.getByRole("button", { name: "Delete 1 member" }).click();
  await expect(dialog).toHaveCount(0);
  expect(await isMember(w, zoe)).toBe(false);
});

test("an administrator who deletes himself is shown out", async ({ page, world }) => {
  const w = await world({ members: { ann: "Administrator" } });
  const { ann } = w.members;
  await openMembers(page, w, ann);
  const dialog = await choose(page, ann, c.delete);
  await dialog.getByRole("button", { name: t.departure.act }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page).not.toHaveURL(/workspaces/);
  expect(await isMember(w, ann)).toBe(false);
});

test("a member is deleted by the keyboard alone", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  const { ed } = w.members;
  await openMembers(page, w);
  const menu = page.getByRole("button", { name: say(english.table.actionsOf, { name: nameOf(ed) }) });
  await menu.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: c.info })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("button", { name: c.cancel })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(menu).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: c.info })).toBeFocused();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("button", { name: t.departure.act })).toBeEnabled();
  await page.keyboard.press("Tab");
  await expect(dialog.getByRole("button", { name: t.departure.act })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  expect(await isMember(w, ed)).toBe(false);
});

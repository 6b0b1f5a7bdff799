import type { Page } from "@playwright/test";
import enCommon from "../src/text/en/common.json" with { type: "json" };
import en from "../src/text/en/groups.json" with { type: "json" };
import enMembers from "../src/text/en/members.json" with { type: "json" };
import enTable from "../src/text/en/table.json" with { type: "json" };
import frCommon from "../src/text/fr/common.json" with { type: "json" };
import fr from "../src/text/fr/groups.json" with { type: "json" };
import frMembers from "../src/text/fr/members.json" with { type: "json" };
import frTable from "../src/text/fr/table.json" with { type: "json" };
import { hostile } from "./support/hostile";
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import type { Person, World } from "./support/world";

const spoken = [
  { language: "en", t: en, c: enCommon, m: enMembers, table: enTable, editor: "Editor" },
  { language: "fr", t: fr, c: frCommon, m: frMembers, table: frTable, editor: "Éditeur" },
];

/** What a text says when values are put in. */
const say = (text: string, values: Record<string, string>) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

/** What a person is called in a group: the last name first. */
const nameOf = (p: Person) => `${p.last_name} ${p.first_name}`;

async function openGroups(page: Page, w: World<never>, who: Person = w.boss) {
  await signIn(page, who);
  await page.goto(`./workspaces/${w.workspace.id}/groups`);
}

async function openGroup(page: Page, w: World<never>, group: { id: string }, who: Person = w.boss) {
  await signIn(page, who);
  await page.goto(`./workspaces/${w.workspace.id}/groups/${group.id}`);
}

const groupsOf = async (w: World<never>) =>
  (await done(w.boss.api.GET("/workspaces/{workspace}/groups", { params: { path: { workspace: w.workspace.id } } })))
    .items;

const usersOf = async (w: World<never>, group: { id: string }) =>
  (await done(w.boss.api.GET("/groups/{group}/users", { params: { path: { group: group.id } } }))).items.map(
    (p) => p.username,
  );

for (const { language, t, c, m, table, editor } of spoken) {
  test.describe(`in ${language}`, () => {
    test("a group is made, and people are put into it", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor", eva: "Editor" } });
      const { ed, eva } = w.members;
      await openGroups(page, w);
      await expect(page.getByRole("heading", { name: t.empty })).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `groups-empty-${language}`);
      await page.getByRole("button", { name: t.create }).first().click();
      const dialog = page.getByRole("dialog");
      const name = dialog.getByRole("textbox", { name: t.name });
      await expect(name).toBeFocused();
      await name.fill("x");
      await dialog.getByRole("button", { name: c.create }).click();
      await expect(name).toHaveAttribute("aria-invalid", "true"); // two characters at least
      await checkAccessibility(page);
      await shoot(page, `groups-new-${language}`);
      await name.fill("Cartographers");
      await dialog.getByRole("textbox", { name: t.description }).fill("Draw the maps");
      await dialog.getByRole("button", { name: c.create }).click();

      await expect(page.getByRole("heading", { level: 1, name: "Cartographers" })).toBeVisible();
      await expect(page.getByText("Draw the maps")).toBeVisible();
      await expect(page.getByRole("heading", { name: t.nobody })).toBeVisible();
      await checkAccessibility(page);
      await page.getByRole("button", { name: t.add }).first().click();
      const people = dialog.getByRole("combobox", { name: t.people });
      await people.fill("eva");
      await expect(page.getByRole("listbox").getByRole("option")).toHaveCount(1);
      await page.getByRole("option", { name: nameOf(eva) }).click();
      await people.fill("");
      await page.getByRole("option", { name: nameOf(ed) }).click();
      await page.keyboard.press("Tab");
      await checkAccessibility(page);
      await shoot(page, `groups-add-${language}`);
      await dialog.getByRole("button", { name: t.add }).click();
      await expect(dialog).toHaveCount(0);
      for (const p of [ed, eva]) {
        await expect(page.getByRole("row").filter({ hasText: p.email })).toContainText(nameOf(p));
      }
      await checkAccessibility(page);
      await shoot(page, `groups-page-${language}`);
      await checkReflow(page);
      expect((await usersOf(w, (await groupsOf(w))[0] ?? { id: "" })).toSorted()).toEqual([ed.username, eva.username]);
    });

    test("a group is deleted, which leaves its members alone", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor" } });
      const { ed } = w.members;
      await w.group("Cartographers", ed);
      await openGroups(page, w);
      await page.getByRole("button", { name: say(table.actionsOf, { name: "Cartographers" }) }).click();
      await expect(page.getByRole("menuitem")).toHaveText([t.open, c.modify, c.delete]);
      await page.getByRole("menuitem", { name: c.delete }).click();
      const dialog = page.getByRole("dialog", { name: say(t.deleteOf, { name: "Cartographers" }) });
      await expect(dialog.getByRole("listitem")).toHaveText([
        say(t.goes.group, { name: "Cartographers" }),
        t.goes.given,
      ]);
      await checkAccessibility(page);
      await shoot(page, `groups-delete-${language}`);
      await dialog.getByRole("button", { name: c.delete }).click();
      await expect(dialog).toHaveCount(0);
      await expect(page.getByRole("heading", { name: t.empty })).toBeVisible();
      const params = { path: { workspace: w.workspace.id, principal: ed.num } };
      const still = await done(w.boss.api.GET("/workspaces/{workspace}/members/{principal}", { params }));
      expect(still.roles).toEqual(["Editor"]);
    });

    test("several people are taken out of a group, and stay members", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor", eva: "Editor", zoe: "Viewer" } });
      const { ed, eva, zoe } = w.members;
      const group = await w.group("Cartographers", ed, eva, zoe);
      await openGroup(page, w, group);
      for (const p of [ed, zoe]) {
        await page.getByRole("checkbox", { name: say(table.select, { name: nameOf(p) }) }).check();
      }
      await page.getByRole("toolbar").getByRole("button", { name: t.remove }).click();
      const dialog = page.getByRole("dialog");
      await expect(dialog.getByRole("listitem")).toHaveText([nameOf(ed), nameOf(zoe)]);
      await checkAccessibility(page);
      await shoot(page, `groups-remove-${language}`);
      await dialog.getByRole("button", { name: t.remove }).click();
      await expect(dialog).toHaveCount(0);
      await expect(page.getByRole("row").filter({ hasText: ed.email })).toHaveCount(0);
      expect(await usersOf(w, group)).toEqual([eva.username]);
      const list = { path: { workspace: w.workspace.id }, query: { kind: "user" as const } };
      const { items } = await done(w.boss.api.GET("/workspaces/{workspace}/members", { params: list }));
      expect(items).toHaveLength(4);
    });

    test("a group is given a role, which everybody in it has", async ({ page, world }) => {
      const w = await world({ language, members: { vic: [] } });
      const { vic } = w.members;
      const group = await w.group("Cartographers", vic);
      await openGroup(page, w, group);
      await expect(page.getByText(t.noRole)).toBeVisible();
      await page.getByRole("button", { name: t.giveRole }).click();
      const dialog = page.getByRole("dialog", { name: say(m.modifyOf, { name: "Cartographers" }) });
      await dialog.getByRole("combobox", { name: m.role }).click();
      await page.getByRole("option", { name: editor }).click();
      await checkAccessibility(page);
      await dialog.getByRole("button", { name: c.save }).click();
      await expect(page.getByText(say(t.roleOf, { roles: editor }))).toBeVisible();
      await w.resource("Made by a member of the group", { owner: vic.num });
      await done(
        vic.api.POST("/resources", { body: { parent: w.workspace.num, class: "resource_group", display_name: "Own" } }),
      );
    });
  });
}

const t = en;
const c = enCommon;

test("a group is modified", async ({ page, world }) => {
  const w = await world();
  const group = await w.group("Cartografers");
  await w.group("Surveyors");
  await openGroup(page, w, group);
  await page.getByRole("button", { name: c.modify }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("textbox", { name: t.name })).toHaveValue("Cartografers");
  await dialog.getByRole("textbox", { name: t.name }).fill("SURVEYORS"); // there is one of that name, regardless of case
  await dialog.getByRole("button", { name: c.save }).click();
  await expect(dialog.getByText("This is taken already. Choose another.")).toBeVisible();
  await checkAccessibility(page);
  await dialog.getByRole("textbox", { name: t.name }).fill("Cartographers");
  await dialog.getByRole("button", { name: c.save }).click();
  await expect(page.getByRole("heading", { level: 1, name: "Cartographers" })).toBeVisible();
  await expect(page).toHaveTitle(/^Cartographers · /);
});

test("groups are found, sorted by how many are in them, and deleted together", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor", eva: "Editor" } });
  const { ed, eva } = w.members;
  await Promise.all([w.group("Alpha", ed), w.group("Beta", ed, eva), w.group("Gamma")]);
  await openGroups(page, w);
  const names = page.getByRole("row").getByRole("link");
  await expect(names).toHaveText(["Alpha", "Beta", "Gamma"]);
  await checkAccessibility(page);
  await shoot(page, "groups");
  await checkReflow(page);
  await page.getByRole("button", { name: new RegExp(`^${t.members},`) }).click();
  await page.getByRole("menuitem", { name: enTable.descending }).click();
  await expect(names).toHaveText(["Beta", "Alpha", "Gamma"]);
  await page.getByRole("searchbox").fill("amm");
  await expect(names).toHaveText(["Gamma"]);
  await page.getByRole("searchbox").fill("");
  await expect(names).toHaveCount(3);
  for (const name of ["Alpha", "Gamma"]) {
    await page.getByRole("checkbox", { name: say(enTable.select, { name }) }).check();
  }
  await page.getByRole("toolbar").getByRole("button", { name: c.delete }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("listitem")).toHaveText(["Alpha (1 member)", "Gamma (0 members)"]);
  await checkAccessibility(page);
  await shoot(page, "groups-delete-several");
  await dialog.getByRole("button", { name: c.delete }).click();
  await expect(dialog).toHaveCount(0);
  await expect(names).toHaveText(["Beta"]);
});

test("a group that is open is deleted from its page, and one that is gone is told so", async ({ page, world }) => {
  const w = await world();
  const group = await w.group("Cartographers");
  await openGroup(page, w, group);
  await page.getByRole("button", { name: c.delete }).click();
  await page.getByRole("dialog").getByRole("button", { name: c.delete }).click();
  await expect(page.getByRole("heading", { level: 1, name: t.title })).toBeVisible();
  await page.goto(`./workspaces/${w.workspace.id}/groups/${group.id}`);
  await expect(page.getByRole("alert")).toContainText("It does not exist, or is not for you to see.");
  await checkAccessibility(page);
  await page.getByRole("link", { name: t.toAll }).click();
  await expect(page.getByRole("heading", { level: 1, name: t.title })).toBeVisible();
});

test("who may only see members changes no group", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  const { ed } = w.members;
  const group = await w.group("Cartographers", ed);
  await w.boss.api.POST("/workspaces/{workspace}/rules", {
    params: { path: { workspace: w.workspace.id } },
    body: { node: w.workspace.num, effect: "allow", principal: ed.num, scope: "workspace", permission: "read_members" },
  });
  await openGroups(page, w, ed);
  await expect(page.getByRole("link", { name: "Cartographers" })).toBeVisible();
  await expect(page.getByRole("button", { name: t.create })).toHaveCount(0);
  await page.goto(`./workspaces/${w.workspace.id}/groups/${group.id}`);
  await expect(page.getByRole("row").filter({ hasText: ed.email })).toBeVisible();
  for (const name of [c.modify, c.delete, t.add, t.giveRole]) {
    await expect(page.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await expect(page.getByRole("checkbox")).toHaveCount(0);
});

test("names and descriptions are text", async ({ page, world }) => {
  const w = await world();
  for (const name of hostile.slice(0, 3)) {
    const params = { path: { workspace: w.workspace.id } };
    await w.boss.api.POST("/workspaces/{workspace}/groups", { params, body: { name, description: hostile[1] } });
  }
  await openGroups(page, w);
  for (const name of hostile.slice(0, 3)) {
    await expect(page.getByRole("link", { name, exact: true })).toBeVisible();
  }
  await page.getByRole("link", { name: hostile[0], exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(hostile[0] ?? "");
  await expect(page.getByText(hostile[1] ?? "")).toBeVisible();
  await page.getByRole("button", { name: c.delete }).click();
  await expect(page.getByRole("dialog")).toContainText(hostile[0] ?? "");
  await checkReflow(page);
  expect(await page.evaluate(() => "pwned" in window)).toBe(false);
});

test("a group is made and filled by the keyboard alone", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  await openGroups(page, w);
  await page.getByRole("button", { name: t.create }).first().focus();
  await page.keyboard.press("Enter");
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("textbox", { name: t.name })).toBeFocused();
  await page.keyboard.type("Cartographers");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { level: 1, name: "Cartographers" })).toBeVisible();
  await page.getByRole("button", { name: t.add }).first().focus();
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("combobox")).toBeFocused();
  await page.keyboard.type("ed-");
  await expect(page.getByRole("listbox").getByRole("option")).toHaveCount(1);
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab"); // out of the choices
  await page.keyboard.press("Tab");
  await expect(dialog.getByRole("button", { name: t.add })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("row").filter({ hasText: w.members.ed.email })).toBeVisible();
});

import type { Locator, Page } from "@playwright/test";
import enCommon from "../src/text/en/common.json" with { type: "json" };
import enExplain from "../src/text/en/explain.json" with { type: "json" };
import en from "../src/text/en/members.json" with { type: "json" };
import enTable from "../src/text/en/table.json" with { type: "json" };
import frCommon from "../src/text/fr/common.json" with { type: "json" };
import fr from "../src/text/fr/members.json" with { type: "json" };
import frTable from "../src/text/fr/table.json" with { type: "json" };
import { hostile } from "./support/hostile";
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import type { Person, World } from "./support/world";

const spoken = [
  {
    language: "en",
    t: en,
    c: enCommon,
    table: enTable,
    role: { Administrator: "Administrator", Editor: "Editor", Viewer: "Viewer" },
  },
  {
    language: "fr",
    t: fr,
    c: frCommon,
    table: frTable,
    role: { Administrator: "Administrateur", Editor: "Éditeur", Viewer: "Visualisateur" },
  },
];
const english = spoken[0] as (typeof spoken)[number];

/** What a text says when values are put in. */
const say = (text: string, values: Record<string, string>) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

/** What a member is called: the last name first. */
const nameOf = (p: Person) => `${p.last_name} ${p.first_name}`;

type Anybody = World<never>;

async function openMembers(page: Page, w: Anybody, who: Person = w.boss) {
  await signIn(page, who);
  await page.goto(`./workspaces/${w.workspace.id}/members`);
}

/** Chooses an entry of a member's menu, and returns the dialog that opens. */
async function choose(page: Page, p: Person, item: string, table = enTable): Promise<Locator> {
  await page.getByRole("button", { name: say(table.actionsOf, { name: nameOf(p) }) }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  return dialog;
}

async function select(page: Page, who: readonly Person[], table = enTable) {
  for (const p of who) {
    await page.getByRole("checkbox", { name: say(table.select, { name: nameOf(p) }) }).check();
  }
}

const row = (page: Page, p: Person) => page.getByRole("row").filter({ hasText: p.email });

/** Has somebody own a group of resources in a world. */
async function owned(w: Anybody, by: Person, name: string, like = {}) {
  return w.resource(name, { owner: by.num, ...like });
}

const members = (w: Anybody, p: Person) => ({ path: { workspace: w.workspace.id, principal: p.num } });

async function holdings(w: Anybody, p: Person): Promise<number[]> {
  const { items } = await done(
    w.boss.api.GET("/workspaces/{workspace}/members/{principal}/holdings", { params: members(w, p) }),
  );
  return items.map((h) => h.node).toSorted();
}

async function isMember(w: Anybody, p: Person): Promise<boolean> {
  const params = { path: { workspace: w.workspace.id }, query: { principal: String(p.num) } };
  return (await done(w.boss.api.GET("/workspaces/{workspace}/members", { params }))).items.length > 0;
}

for (const { language, t, c, table, role } of spoken) {
  test.describe(`in ${language}`, () => {
    test("J-11 J-14 J-40 who is there, what can be done with each, and who he is", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor" } });
      const { ed } = w.members;
      await w.group("Cartographers", ed);
      await openMembers(page, w);
      const headings = page.getByRole("columnheader").filter({ has: page.getByRole("button") });
      await expect(headings).toHaveText([t.name, t.identifier, t.email, t.role, t.state]);
      await expect(row(page, ed)).toContainText([nameOf(ed), ed.username, ed.email, role.Editor].join(""));
      await checkAccessibility(page);
      await checkReflow(page);
      if (language === "en") {
        await shoot(page, "members");
      }

      // The supervisor can be looked at alone: he is replaced, not removed.
      await page.getByRole("button", { name: say(table.actionsOf, { name: nameOf(w.boss) }) }).click();
      await expect(page.getByRole("menuitem")).toHaveText([c.info]);
      await page.keyboard.press("Escape");
      await page.getByRole("button", { name: say(table.actionsOf, { name: nameOf(ed) }) }).click();
      await expect(page.getByRole("menuitem")).toHaveText([c.info, c.modify, c.delete]);
      await page.getByRole("menuitem", { name: c.info, exact: true }).click();

      const dialog = page.getByRole("dialog", { name: say(t.infoOf, { name: nameOf(ed) }) });
      for (const fact of [nameOf(ed), ed.email, role.Editor, "Cartographers"]) {
        await expect(dialog.getByRole("tabpanel")).toContainText(fact);
      }
      await expect(dialog.getByLabel(t.identifier, { exact: true })).toHaveValue(ed.username);
      await checkAccessibility(page);
      await shoot(page, `members-info-${language}`);
      await checkReflow(page);
      await dialog.getByRole("link", { name: "Cartographers" }).click();
      await expect(page.getByRole("heading", { level: 1, name: "Cartographers" })).toBeVisible();
    });

    test("J-41 of a member the role alone can be changed", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor" } });
      const { ed } = w.members;
      await openMembers(page, w);
      const dialog = await choose(page, ed, c.modify, table);
      await expect(dialog).toContainText(nameOf(ed));
      await expect(dialog).toContainText(ed.email);
      const fields = dialog.locator("input:not([type=hidden]), textarea, select");
      await expect(fields).toHaveCount(1);
      await checkAccessibility(page);
      await shoot(page, `members-modify-${language}`);
      await fields.click();
      await expect(page.getByRole("listbox").getByRole("option")).toHaveText([
        role.Administrator,
        role.Editor,
        role.Viewer,
      ]);
      await page.getByRole("option", { name: role.Administrator }).click();
      await dialog.getByRole("button", { name: c.save }).click();
      await expect(dialog).toHaveCount(0);
      await expect(row(page, ed)).toContainText(role.Administrator);
    });

    test("JA-12 who is to be a Viewer and owns something leaves it to somebody", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor", eva: "Editor", vic: "Viewer" } });
      const { ed, eva } = w.members;
      const barn = await owned(w, ed, "Barn");
      await openMembers(page, w);
      const dialog = await choose(page, ed, c.modify, table);
      await dialog.getByRole("combobox", { name: t.role }).click();
      await page.getByRole("option", { name: role.Viewer }).click();
      await expect(dialog.getByRole("alert")).toContainText(t.ownsStill);
      await checkAccessibility(page);
      await shoot(page, `members-modify-owner-${language}`);
      await dialog.getByRole("button", { name: c.save }).click();
      const heir = dialog.getByRole("combobox", { name: t.departure.transfer });
      await expect(heir).toHaveAttribute("aria-invalid", "true");
      await heir.click();
      await page.getByRole("option", { name: nameOf(eva) }).click();
      await dialog.getByRole("button", { name: c.save }).click();
      await expect(dialog).toHaveCount(0);
      await expect(row(page, ed)).toContainText(role.Viewer);
      expect(await holdings(w, eva)).toEqual([barn.num]);
    });

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

    test("several members are suspended, let in again, and deleted, the supervisor left out", async ({
      page,
      world,
    }) => {
      const w = await world({ language, members: { ed: "Editor", eva: "Editor", vic: "Viewer", zoe: "Editor" } });
      const { ed, eva, vic, zoe } = w.members;
      const barn = await owned(w, ed, "Barn");
      await openMembers(page, w);
      const bar = page.getByRole("toolbar", { name: table.selection });
      const dialog = page.getByRole("dialog");
      await select(page, [w.boss, ed, vic], table);
      await bar.getByRole("button", { name: t.suspend }).click();
      await expect(dialog.getByRole("listitem")).toHaveText([nameOf(ed), nameOf(vic)]);
      await checkAccessibility(page);
      await dialog.getByRole("button", { name: t.suspend }).click();
      await expect(dialog).toHaveCount(0);
      await expect(row(page, ed)).toContainText(t.suspended);
      await expect(row(page, vic)).toContainText(t.suspended);
      await expect(row(page, w.boss)).toContainText(t.active);

      await select(page, [ed, eva], table);
      await bar.getByRole("button", { name: t.resume }).click();
      await expect(dialog.getByRole("listitem")).toHaveText([nameOf(ed)]);
      await dialog.getByRole("button", { name: t.resume }).click();
      await expect(dialog).toHaveCount(0);
      await expect(row(page, ed)).toContainText(t.active);

      await select(page, [w.boss, ed, vic, zoe], table);
      await bar.getByRole("button", { name: c.delete }).click();
      const leaving = dialog.getByRole("table", { name: t.departure.leaving });
      await expect(leaving.getByRole("row")).toHaveCount(4);
      await expect(leaving.getByRole("row").filter({ hasText: nameOf(vic) })).toContainText(t.departure.brief.nothing);
      await dialog.getByRole("combobox", { name: t.departure.heir }).click();
      await expect(page.getByRole("listbox").getByRole("option")).toHaveCount(2); // who leaves as well inherits nothing
      await page.getByRole("option", { name: nameOf(eva) }).click();
      await checkAccessibility(page);
      await shoot(page, `members-delete-several-${language}`);
      await checkReflow(page);
      await dialog.getByRole("button", { name: new RegExp(`^${c.delete} 3`) }).click();
      await expect(dialog).toHaveCount(0);
      await expect(row(page, zoe)).toHaveCount(0);
      for (const p of [ed, vic, zoe]) {
        expect(await isMember(w, p)).toBe(false);
      }
      expect(await holdings(w, eva)).toEqual([barn.num]);
    });
  });
}

const { t, c } = english;

test("a member is suspended and let in again from his info", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  const { ed } = w.members;
  await openMembers(page, w);
  const dialog = await choose(page, ed, c.info);
  await dialog.getByRole("button", { name: t.suspend }).click();
  await expect(dialog).toContainText(t.suspendText);
  await checkAccessibility(page);
  await shoot(page, "members-suspend");
  await dialog.getByRole("button", { name: t.suspend }).click();
  await expect(dialog).toContainText(t.suspendedText); // back at who he is
  await checkAccessibility(page);
  await expect(row(page, ed)).toContainText(t.suspended);
  await dialog.getByRole("button", { name: t.resume }).click();
  await dialog.getByRole("button", { name: t.resume }).click();
  await expect(dialog.getByRole("button", { name: t.suspend })).toBeVisible();
  await expect(row(page, ed)).toContainText(t.active);
});

test("J-42 what a member owns is shown, and given to somebody else", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor", eva: "Editor" } });
  const { ed, eva } = w.members;
  const house = await owned(w, ed, "House");
  await owned(w, w.boss, "Cellar", { parent: house.num });
  await openMembers(page, w);
  const dialog = await choose(page, ed, c.info);
  await dialog.getByRole("tab", { name: t.owns }).click();
  await expect(dialog.getByRole("link", { name: "House" })).toHaveAttribute("href", new RegExp(`node=${house.num}$`));
  await checkAccessibility(page);
  await shoot(page, "members-owns");
  await checkReflow(page);
  await dialog.getByRole("button", { name: t.transfer }).click();
  await dialog.getByRole("combobox", { name: t.departure.heir }).click();
  await page.getByRole("option", { name: nameOf(eva) }).click();
  await expect(dialog.getByRole("status")).toHaveText("1 resource will change hands");
  await checkAccessibility(page);
  await shoot(page, "members-transfer");
  await dialog.getByRole("button", { name: t.transferAct }).click();
  await expect(dialog.getByRole("heading", { name: t.ownsNothing })).toBeVisible();
  expect(await holdings(w, eva)).toEqual([house.num]);
});

test("what a member may do is shown, with the reason", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  await openMembers(page, w);
  const dialog = await choose(page, w.members.ed, c.info);
  await dialog.getByRole("tab", { name: t.rights }).click();
  const right = dialog.getByRole("row").filter({ hasText: enExplain.right.no }).first();
  await expect(right).toBeVisible();
  await checkAccessibility(page);
  await shoot(page, "members-rights");
  await checkReflow(page);
  await dialog.getByLabel(t.onlyAllowed).check();
  await expect(dialog.getByText(enExplain.right.no, { exact: true })).toHaveCount(0);
  await dialog.getByRole("button", { name: /^Why:/ }).first().click();
  await expect(dialog).toContainText(nameOf(w.members.ed));
  await expect(dialog).toContainText("A rule allows it, and nothing stands against that.");
  await checkAccessibility(page);
  await page.keyboard.press("Escape");
  await expect(page.getByRole("tab", { name: t.rights })).toHaveAttribute("aria-selected", "true");
});

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

test("who may not manage members is offered nothing to change", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  await w.boss.api.POST("/workspaces/{workspace}/rules", {
    params: { path: { workspace: w.workspace.id } },
    body: {
      node: w.workspace.num,
      effect: "allow",
      principal: w.members.ed.num,
      scope: "workspace",
      permission: "read_members",
    },
  });
  await openMembers(page, w, w.members.ed);
  await expect(page.getByRole("checkbox")).toHaveCount(0);
  await page.getByRole("button", { name: say(enTable.actionsOf, { name: nameOf(w.boss) }) }).click();
  await expect(page.getByRole("menuitem")).toHaveText([c.info]);
  await page.getByRole("menuitem").click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText(w.boss.email);
  await expect(dialog.getByRole("button", { name: t.suspend })).toHaveCount(0);
  await dialog.getByRole("tab", { name: t.owns }).click();
  await expect(dialog.getByRole("heading", { name: t.ownsNothing })).toBeVisible();
  await expect(dialog.getByRole("button", { name: t.transfer })).toHaveCount(0);
});

test("who may not see members is told so", async ({ page, world }) => {
  const w = await world({ members: { vic: "Viewer" } });
  await openMembers(page, w, w.members.vic);
  await expect(page.getByRole("alert")).toContainText("workspace.read_members");
  await checkAccessibility(page);
});

test("a group is a member as well, and its departure leaves the group alone", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  const group = await w.group("Cartographers", w.members.ed);
  await w.boss.api.PUT("/workspaces/{workspace}/members/{principal}", {
    params: { path: { workspace: w.workspace.id, principal: group.num } },
    body: { roles: ["Viewer"] },
  });
  await openMembers(page, w);
  await expect(page.getByRole("link", { name: "Cartographers" })).toBeVisible();
  await page.getByRole("button", { name: say(enTable.actionsOf, { name: "Cartographers" }) }).click();
  await page.getByRole("menuitem", { name: c.info }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("tab")).toHaveText([t.about, t.rights]); // groups own nothing (J-42)
  await checkAccessibility(page);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: say(enTable.actionsOf, { name: "Cartographers" }) }).click();
  await page.getByRole("menuitem", { name: c.delete }).click();
  await expect(dialog).toContainText(t.departure.group);
  await dialog.getByRole("button", { name: t.departure.act }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Cartographers" })).toHaveCount(0);
  const still = await done(w.boss.api.GET("/groups/{group}", { params: { path: { group: group.id } } }));
  expect(still.members).toBe(1);
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

test("names are text wherever they are", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  const evil = await w.person("evil", { first_name: hostile[0], last_name: hostile[1] });
  await w.join(evil, "Editor");
  await w.group(hostile[4] ?? "", evil);
  await owned(w, evil, hostile[2] ?? "");
  await openMembers(page, w);
  const name = nameOf(evil);
  await expect(row(page, evil)).toContainText(name);
  const info = await choose(page, evil, c.info);
  await expect(info.getByRole("tabpanel")).toContainText(hostile[4] ?? "");
  await info.getByRole("tab", { name: t.owns }).click();
  await expect(info.getByRole("link", { name: hostile[2] })).toBeVisible();
  await page.keyboard.press("Escape");
  const modify = await choose(page, evil, c.modify);
  await expect(modify).toContainText(name);
  await page.keyboard.press("Escape");
  const dialog = await choose(page, evil, c.delete);
  await dialog.getByRole("checkbox", { name: t.departure.transfer }).uncheck();
  await expect(dialog.getByRole("region", { name: t.departure.goes })).toContainText(hostile[2] ?? "");
  await shoot(page, "members-hostile");
  await checkReflow(page);
  expect(await page.evaluate(() => "pwned" in window)).toBe(false);
});

test("a member is deleted by the keyboard alone", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  const { ed } = w.members;
  await openMembers(page, w);
  const menu = page.getByRole("button", { name: say(enTable.actionsOf, { name: nameOf(ed) }) });
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
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("button", { name: t.departure.act })).toBeEnabled();
  await page.keyboard.press("Tab");
  await expect(dialog.getByRole("button", { name: t.departure.act })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(dialog).toHaveCount(0);
  expect(await isMember(w, ed)).toBe(false);
});

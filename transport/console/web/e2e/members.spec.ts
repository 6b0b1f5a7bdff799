import enExplain from "../src/text/en/explain.json" with { type: "json" };
import { hostile } from "./support/hostile";
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
  await page.getByRole("button", { name: say(english.table.actionsOf, { name: nameOf(w.boss) }) }).click();
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
  await page.getByRole("button", { name: say(english.table.actionsOf, { name: "Cartographers" }) }).click();
  await page.getByRole("menuitem", { name: c.info }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("tab")).toHaveText([t.about, t.rights]); // groups own nothing (J-42)
  await checkAccessibility(page);
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: say(english.table.actionsOf, { name: "Cartographers" }) }).click();
  await page.getByRole("menuitem", { name: c.delete }).click();
  await expect(dialog).toContainText(t.departure.group);
  await dialog.getByRole("button", { name: t.departure.act }).click();
  await expect(dialog).toHaveCount(0);
  await expect(page.getByRole("link", { name: "Cartographers" })).toHaveCount(0);
  const still = await done(w.boss.api.GET("/groups/{group}", { params: { path: { group: group.id } } }));
  expect(still.members).toBe(1);
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

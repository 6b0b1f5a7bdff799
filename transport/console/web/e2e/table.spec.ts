import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import enMembers from "../src/text/en/members.json" with { type: "json" };
import en from "../src/text/en/table.json" with { type: "json" };
import frMembers from "../src/text/fr/members.json" with { type: "json" };
import fr from "../src/text/fr/table.json" with { type: "json" };
import { checkAccessibility, checkReflow, expect, shoot, signIn, test } from "./support/test";

// What every table does, on the table of members.
const spoken = [
  { language: "en", t: en, members: enMembers },
  { language: "fr", t: fr, members: frMembers },
];

// The first is the box to select the row with.
const names = (page: Page) => page.getByRole("row").locator("td:nth-of-type(2)");
const heading = (page: Page, column: string) => page.getByRole("button", { name: new RegExp(`^${column},`) });

for (const { language, t, members } of spoken) {
  test.describe(`in ${language}`, () => {
    test("J-13 a column's menu sorts, filters, hides and shows", async ({ page, world }) => {
      const w = await world({ language, members: { zoe: "Editor", adam: "Viewer", mia: "Administrator" } });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/members`);
      await expect(names(page)).toHaveCount(4);

      await heading(page, members.email).click();
      await page.getByRole("menuitem", { name: t.ascending }).click();
      const emails = page.locator("tbody td:nth-of-type(4)");
      const up = [w.members.adam, w.boss, w.members.mia, w.members.zoe].map((p) => p.email);
      await expect(emails).toHaveText(up);
      await expect(page.getByRole("columnheader", { name: new RegExp(members.email) })).toHaveAttribute(
        "aria-sort",
        "ascending",
      );
      await heading(page, members.email).click();
      await page.getByRole("menuitem", { name: t.descending }).click();
      await expect(emails).toHaveText(up.toReversed());

      await heading(page, members.role).click();
      await page
        .getByRole("menuitem", { name: t.only.replace("{value}", language === "fr" ? "Visualisateur" : "Viewer") })
        .click();
      await expect(emails).toHaveText([w.members.adam.email]);
      await expect(page).toHaveURL(/role=Viewer/);
      await page.getByRole("button", { name: new RegExp(t.unfilter.split("{")[0] ?? "") }).click();
      await expect(emails).toHaveCount(4);

      await heading(page, members.state).click();
      await page.getByRole("menuitem", { name: t.hide }).click();
      await expect(heading(page, members.state)).toHaveCount(0);
      await heading(page, members.name).click();
      await page.getByRole("menuitem", { name: t.show.replace("{column}", members.state) }).click();
      await expect(heading(page, members.state)).toBeVisible();
    });

    test("an empty result says what to do, and searching again undoes it", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/members?q=nobody-is-called-so`);
      await expect(page.getByRole("heading", { name: t.nothingFound })).toBeVisible();
      await checkAccessibility(page);
      await page.getByRole("button", { name: t.clear }).click();
      await expect(names(page)).toHaveCount(1);
      await expect(page.getByRole("searchbox")).toHaveValue("");
    });
  });
}

test("choices are the person's: another browser finds them", async ({ page, world, another }) => {
  const w = await world({ members: { zoe: "Editor", adam: "Viewer" } });
  const at = `./workspaces/${w.workspace.id}/members`;
  await signIn(page, w.boss);
  await page.goto(at);
  await heading(page, enMembers.state).click();
  await page.getByRole("menuitem", { name: en.hide }).click();
  await heading(page, enMembers.email).click();
  const kept = page.waitForResponse((r) => r.url().includes("/me/preferences/") && r.request().method() === "PUT");
  await page.getByRole("menuitem", { name: en.descending }).click();
  expect((await kept).ok()).toBe(true);

  const elsewhere = await another();
  await signIn(elsewhere, w.boss);
  await elsewhere.goto(at);
  await expect(heading(elsewhere, enMembers.email)).toBeVisible();
  await expect(heading(elsewhere, enMembers.state)).toHaveCount(0);
  await expect(elsewhere.locator("tbody td:nth-of-type(4)").first()).toHaveText(w.members.zoe.email);

  // They are nobody else's.
  await signIn(elsewhere, w.members.zoe);
  await elsewhere.goto(at);
  await expect(heading(elsewhere, enMembers.state)).toBeVisible();
});

test("pages come from the server, and what is exported is all of it", async ({ page, world }) => {
  const w = await world();
  const people = await Promise.all(Array.from({ length: 27 }, (_, i) => w.person(`p${i}`)));
  for (const p of people) {
    await w.join(p, "Viewer");
  }
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/members`);
  await page.getByRole("combobox", { name: en.size }).selectOption("25");
  await expect(names(page)).toHaveCount(25);
  const pages = page.getByRole("navigation", { name: en.pages });
  await expect(pages).toContainText("1–25 of 28");
  const first = await names(page).allTextContents();
  await pages.getByRole("button", { name: en.forth }).click();
  await expect(pages).toContainText("26–28 of 28");
  const second = await names(page).allTextContents();
  expect(new Set([...first, ...second]).size).toBe(28);
  await expect(pages.getByRole("button", { name: en.forth })).toBeDisabled();
  await pages.getByRole("button", { name: en.back }).click();
  await expect(names(page)).toHaveText(first);

  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: en.export }).click();
  const text = await readFile(await (await download).path(), "utf8");
  const lines = text.replace("\uFEFF", "").trim().split("\r\n");
  expect(lines[0]).toBe(
    [enMembers.name, enMembers.identifier, enMembers.email, enMembers.role, enMembers.state].join(","),
  );
  expect(lines).toHaveLength(29);
  for (const p of people) {
    expect(text).toContain(p.email);
  }
});

test("what is found is found again by the address", async ({ page, world, another }) => {
  const w = await world({ members: { zoe: "Editor", adam: "Viewer" } });
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/members`);
  await page.getByRole("searchbox").fill("zoe");
  await expect(names(page)).toHaveCount(1);
  await expect(page).toHaveURL(/q=zoe/);
  const elsewhere = await another();
  await signIn(elsewhere, w.boss);
  await elsewhere.goto(page.url());
  await expect(names(elsewhere)).toHaveCount(1);
});

test("a filter that the address makes up is not asked for", async ({ page, world }) => {
  const w = await world({ members: { zoe: "Editor" } });
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/members?role=King&created_from=soon&suspended=perhaps&cursor=x`);
  await expect(names(page)).toHaveCount(2);
});

test("an error says what is wrong, and trying again mends it", async ({ page, world, complaints }) => {
  complaints.expect(/Failed to load resource/);
  const w = await world();
  await signIn(page, w.boss);
  let broken = true;
  await page.route("**/members?*", (route) =>
    broken ? route.fulfill({ status: 503, json: { code: "unavailable", status: 503, title: "no" } }) : route.continue(),
  );
  await page.goto(`./workspaces/${w.workspace.id}/members`);
  const alert = page.getByRole("alert");
  await expect(alert).toContainText("The server cannot do this just now", { timeout: 20_000 });
  await checkAccessibility(page);
  broken = false;
  await alert.getByRole("button", { name: "Try again" }).click();
  await expect(names(page)).toHaveCount(1);
});

test("everything is reached by the keyboard", async ({ page, world }) => {
  const w = await world({ members: { zoe: "Editor", adam: "Viewer" } });
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/members`);
  await expect(names(page)).toHaveCount(3);
  await page.keyboard.press("Tab");
  await expect(page.getByRole("link", { name: "To the content" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("main")).toBeFocused();
  await heading(page, enMembers.email).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: en.ascending })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await expect(page.locator("tbody td:nth-of-type(4)").first()).toHaveText(w.members.zoe.email);
  await expect(heading(page, enMembers.email)).toBeFocused();
});

test("is within reach of everybody", async ({ page, world }) => {
  const w = await world({ members: { zoe: "Editor", adam: "Viewer" } });
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/members`);
  await expect(names(page)).toHaveCount(3);
  await checkAccessibility(page);
  await checkReflow(page);
  await shoot(page, "table");
  await heading(page, enMembers.role).click();
  await expect(page.getByRole("menu")).toBeVisible();
  await checkAccessibility(page);
  await shoot(page, "table-menu");
  // Links are legible in the row that is pointed at, too.
  await page.goto("./");
  await page.getByRole("link", { name: w.workspace.name }).hover();
  await checkAccessibility(page);
});

test("days and texts are written in a form of the column", async ({ page, world }) => {
  const w = await world({ members: { zoe: "Editor" } });
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/members`);
  await expect(names(page)).toHaveCount(2);
  await heading(page, enMembers.name).click();
  await page.getByRole("menuitem", { name: en.show.replace("{column}", enMembers.since) }).click();
  await heading(page, enMembers.since).click();
  await page.getByRole("menuitem", { name: en.filterBy }).click();
  const form = page.getByRole("dialog", { name: en.filterOf.replace("{column}", enMembers.since) });
  await expect(form.getByLabel(en.from.replace("{column}", enMembers.since))).toBeFocused();
  await checkAccessibility(page);
  await shoot(page, "table-filter");
  const today = new Date().toISOString().slice(0, 10);
  await form.getByLabel(en.until.replace("{column}", enMembers.since)).fill(today);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`created_before=${today}`));
  await expect(heading(page, enMembers.since)).toBeFocused();
  await expect(names(page)).toHaveCount(2); // the last day is among them
  await heading(page, enMembers.since).click();
  await page.getByRole("menuitem", { name: en.filterBy }).click();
  await form.getByLabel(en.until.replace("{column}", enMembers.since)).fill("2020-01-01");
  await form.getByRole("button", { name: en.apply }).click();
  await expect(page.getByRole("heading", { name: en.nothingFound })).toBeVisible();
});

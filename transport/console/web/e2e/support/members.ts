import type { Locator, Page } from "@playwright/test";
import enCommon from "../../src/text/en/common.json" with { type: "json" };
import en from "../../src/text/en/members.json" with { type: "json" };
import enTable from "../../src/text/en/table.json" with { type: "json" };
import frCommon from "../../src/text/fr/common.json" with { type: "json" };
import fr from "../../src/text/fr/members.json" with { type: "json" };
import frTable from "../../src/text/fr/table.json" with { type: "json" };
import { done, expect, signIn } from "./test";
import type { Person, World } from "./world";

export const spoken = [
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
export const english = spoken[0] as (typeof spoken)[number];

/** What a text says when values are put in. */
export const say = (text: string, values: Record<string, string>) =>
  text.replace(/\{(\w+)\}/g, (whole, name: string) => values[name] ?? whole);

/** What a member is called: the last name first. */
export const nameOf = (p: Person) => `${p.last_name} ${p.first_name}`;

export type Anybody = World<never>;

export async function openMembers(page: Page, w: Anybody, who: Person = w.boss) {
  await signIn(page, who);
  await page.goto(`./workspaces/${w.workspace.id}/members`);
}

/** Chooses an entry of a member's menu, and returns the dialog that opens. */
export async function choose(page: Page, p: Person, item: string, table = enTable): Promise<Locator> {
  await page.getByRole("button", { name: say(table.actionsOf, { name: nameOf(p) }) }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toBeVisible();
  return dialog;
}

export async function select(page: Page, who: readonly Person[], table = enTable) {
  for (const p of who) {
    await page.getByRole("checkbox", { name: say(table.select, { name: nameOf(p) }) }).check();
  }
}

export const row = (page: Page, p: Person) => page.getByRole("row").filter({ hasText: p.email });

/** Has somebody own a group of resources in a world. */
export async function owned(w: Anybody, by: Person, name: string, like = {}) {
  return w.resource(name, { owner: by.num, ...like });
}

export const members = (w: Anybody, p: Person) => ({ path: { workspace: w.workspace.id, principal: p.num } });

export async function holdings(w: Anybody, p: Person): Promise<number[]> {
  const { items } = await done(
    w.boss.api.GET("/workspaces/{workspace}/members/{principal}/holdings", { params: members(w, p) }),
  );
  return items.map((h) => h.node).toSorted();
}

export async function isMember(w: Anybody, p: Person): Promise<boolean> {
  const params = { path: { workspace: w.workspace.id }, query: { principal: String(p.num) } };
  return (await done(w.boss.api.GET("/workspaces/{workspace}/members", { params }))).items.length > 0;
}

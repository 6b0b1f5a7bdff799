import type { Page } from "@playwright/test";
import commonEn from "../src/text/en/common.json" with { type: "json" };
import explainEn from "../src/text/en/explain.json" with { type: "json" };
import en from "../src/text/en/resources.json" with { type: "json" };
import commonFr from "../src/text/fr/common.json" with { type: "json" };
import explainFr from "../src/text/fr/explain.json" with { type: "json" };
import fr from "../src/text/fr/resources.json" with { type: "json" };
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import type { World } from "./support/world";

const languages = [
  { language: "en", t: en, c: commonEn, e: explainEn },
  { language: "fr", t: fr, c: commonFr, e: explainFr },
] as const;

const markup = `<img src=x onerror="alert(1)">`;

const tree = (page: Page) => page.getByRole("tree");
const row = (page: Page, name: string) => tree(page).getByRole("treeitem", { name });
const panel = (page: Page, name: string) =>
  page.getByRole("main").getByRole("heading", { level: 2, name, exact: true });
const dialog = (page: Page) => page.getByRole("dialog");

async function open(page: Page, w: World<string>, node?: number, more = "") {
  await page.goto(`./workspaces/${w.workspace.id}/resources${node ? `?node=${node}${more}` : ""}`);
  await expect(tree(page)).toBeVisible();
}

/** Folders in folders, with a layer at the end. */
async function nest(w: World<string>) {
  const outer = await w.resource("Outer");
  const inner = await w.resource("Inner", { parent: outer.num });
  const layer = await w.layer("Wells", { parent: inner.num });
  const other = await w.resource("Other");
  return { outer, inner, layer, other };
}

for (const { language, t, c, e } of languages) {
  test.describe(language, () => {
    test("the tree is walked by the keyboard alone", async ({ page, world }) => {
      const w = await world({ language });
      await nest(w);
      await signIn(page, w.boss);
      await open(page, w);
      await expect(row(page, "Outer")).toBeVisible();
      const active = () =>
        tree(page).evaluate(
          (el) => document.getElementById(el.getAttribute("aria-activedescendant") ?? "")?.textContent ?? "",
        );
      await page.getByRole("combobox", { name: t.class }).focus();
      await page.keyboard.press("Tab");
      await expect(tree(page)).toBeFocused();
      expect(await active()).toContain(w.workspace.name);
      await page.keyboard.press("ArrowDown"); // Other
      expect(await active()).toContain("Other");
      await page.keyboard.press("ArrowDown");
      expect(await active()).toContain("Outer");
      await page.keyboard.press("ArrowRight");
      await expect(row(page, "Inner")).toBeVisible();
      await expect(row(page, "Outer")).toHaveAttribute("aria-expanded", "true");
      await page.keyboard.press("ArrowRight");
      expect(await active()).toContain("Inner");
      await page.keyboard.press("ArrowRight");
      await expect(row(page, "Wells")).toBeVisible();
      await expect(row(page, "Wells")).toHaveAttribute("aria-level", "4");
      await page.keyboard.press("End");
      expect(await active()).toContain("Wells");
      await page.keyboard.press("Enter");
      await expect(panel(page, "Wells")).toBeVisible();
      await expect(tree(page)).toBeFocused();
      await page.keyboard.press("ArrowLeft");
      expect(await active()).toContain("Inner");
      await page.keyboard.press("ArrowLeft");
      await expect(row(page, "Wells")).toHaveCount(0);
      await page.keyboard.press("Home");
      expect(await active()).toContain(w.workspace.name);
      await page.keyboard.type("ou");
      expect(await active()).toContain("Outer");
    });

    test("a link leads to a node, whatever it is called, and the page is for everybody", async ({ page, world }) => {
      const w = await world({ language });
      const { inner } = await nest(w);
      const hostile = await w.layer(markup, {
        parent: inner.num,
        description: "<b>Bold</b><script>alert(1)</script>",
        keyname: `k${w.tag}`,
        meta: { author: markup },
      });
      await signIn(page, w.boss);
      await open(page, w, hostile.num);
      await expect(row(page, markup)).toHaveAttribute("aria-selected", "true");
      await expect(panel(page, markup)).toBeVisible();
      await expect(page.getByText("Bold", { exact: true })).toBeVisible();
      await expect(page.locator("main img")).toHaveCount(0);
      await expect(page.getByText("height", { exact: true }).first()).toBeVisible(); // a field, in its settings
      await page.reload();
      await expect(row(page, markup)).toBeVisible();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `resources-${language}`);
      await page.getByRole("navigation", { name: t.path }).getByRole("link", { name: "Inner" }).click();
      await expect(panel(page, "Inner")).toBeVisible();
    });

    test("what is searched for is found, and shown in the tree", async ({ page, world }) => {
      const w = await world({ language });
      await nest(w);
      await signIn(page, w.boss);
      await open(page, w);
      await page.getByRole("searchbox", { name: t.search }).fill("well");
      const found = page.getByRole("list", { name: t.foundList }).getByRole("button");
      await expect(found).toHaveCount(1);
      await expect(found).toContainText("Outer › Inner");
      await checkAccessibility(page);
      await shoot(page, `resources-search-${language}`);
      await found.click();
      await expect(row(page, "Wells")).toHaveAttribute("aria-selected", "true");
      await expect(panel(page, "Wells")).toBeVisible();
      await page.getByRole("searchbox", { name: t.search }).fill("nothing of the kind");
      await expect(page.getByRole("button", { name: t.backToTree })).toBeVisible();
      await expect(found).toHaveCount(0);
    });

    test("a resource is made with what its class needs, renamed, and deleted when its plan was read", async ({
      page,
      world,
    }) => {
      const w = await world({ language });
      const { outer } = await nest(w);
      await signIn(page, w.boss);
      await open(page, w, outer.num);
      await page.getByRole("button", { name: t.createIn }).click();
      await checkAccessibility(page);
      await dialog(page).getByRole("button", { name: c.create, exact: true }).click();
      await expect(dialog(page).getByText(c.required)).toBeVisible();
      const kind = dialog(page).getByRole("combobox", { name: t.class });
      await kind.fill("vect");
      await page.getByRole("option", { name: /^(Vector layer|Couche vectorielle)$/ }).click();
      await dialog(page).getByRole("textbox", { name: t.name, exact: true }).fill("Pipes");
      await dialog(page).getByRole("combobox", { name: "geometry_type" }).click();
      await page.getByRole("option", { name: "LINESTRING", exact: true }).click();
      await shoot(page, `resources-create-${language}`);
      await dialog(page).getByRole("button", { name: c.create, exact: true }).click();
      await expect(panel(page, "Pipes")).toBeVisible();
      await expect(row(page, "Pipes")).toHaveAttribute("aria-selected", "true");

      await page.getByRole("button", { name: c.modify, exact: true }).click();
      await dialog(page).getByRole("textbox", { name: t.name, exact: true }).fill("Water pipes");
      await checkAccessibility(page);
      await dialog(page).getByRole("button", { name: c.save }).click();
      await expect(panel(page, "Water pipes")).toBeVisible();
      await expect(row(page, "Water pipes")).toBeVisible();

      await row(page, "Outer").click();
      await page.getByRole("button", { name: c.delete, exact: true }).click();
      await expect(dialog(page).getByRole("listitem")).toHaveCount(2); // classes: groups and layers
      await checkAccessibility(page);
      await shoot(page, `resources-delete-${language}`);
      const act = dialog(page).getByRole("button", { name: /4/ });
      await expect(act).toBeDisabled();
      await dialog(page).getByRole("textbox").fill("Outer");
      await act.click();
      await expect(row(page, "Outer")).toHaveCount(0);
      await expect(panel(page, w.workspace.name)).toBeVisible();
    });

    test("a move says who gains and loses what, and is made", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      const { outer, inner, other } = await nest(w);
      await w.boss.api.POST("/resources/{resource}/rules", {
        params: { path: { resource: outer.num } },
        body: { effect: "deny", principal: w.members.vi.num, scope: "resource", permission: "read" },
      });
      await signIn(page, w.boss);
      await open(page, w, inner.num);
      await page.getByRole("button", { name: t.move, exact: true }).click();
      await expect(dialog(page).getByRole("treeitem", { name: "Other" })).toBeVisible();
      await dialog(page).getByRole("treeitem", { name: "Other" }).click();
      await expect(dialog(page).getByText(`${w.members.vi.last_name} Vi`)).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `resources-move-${language}`);
      await dialog(page).getByRole("button", { name: t.moveHere }).click();
      await expect(dialog(page)).toHaveCount(0);
      await expect(page.getByRole("navigation", { name: t.path })).toContainText("Other");
      const now = await done(w.boss.api.GET("/resources/{resource}", { params: { path: { resource: inner.num } } }));
      expect(now.parent).toBe(other.num);
    });

    test("a resource is given to another owner, with what is in it", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor" } });
      const { outer, layer } = await nest(w);
      await signIn(page, w.boss);
      await open(page, w, outer.num);
      await page.getByRole("button", { name: t.transfer, exact: true }).click();
      await dialog(page).getByRole("combobox", { name: t.transferTo }).fill("ed-");
      await page.getByRole("option", { name: new RegExp(w.members.ed.email ?? "") }).click();
      await expect(dialog(page).getByRole("status")).toContainText("3");
      await checkAccessibility(page);
      await shoot(page, `resources-transfer-${language}`);
      await dialog(page).getByRole("button", { name: t.transferAct }).click();
      await expect(dialog(page)).toHaveCount(0);
      const now = await done(w.boss.api.GET("/resources/{resource}", { params: { path: { resource: layer.num } } }));
      expect(now.owner).toBe(w.members.ed.num);
    });

    test("a rule is tried, made, changed and deleted", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      const { outer } = await nest(w);
      await signIn(page, w.boss);
      await open(page, w, outer.num, "&tab=rules");
      await page.getByRole("button", { name: t.addRule }).first().click();
      await dialog(page).getByRole("combobox", { name: e.form.who }).fill("vi-");
      await page.getByRole("option", { name: new RegExp(w.members.vi.email ?? "") }).click();
      await dialog(page).getByRole("combobox", { name: e.form.permission, exact: true }).click();
      await page.getByRole("option", { name: /^(Resource: Update|Ressource\s: Modification)$/ }).click();
      await checkAccessibility(page);
      await dialog(page).getByRole("button", { name: e.form.try }).click();
      await expect(dialog(page).getByText(/^\s*(gains|gagne)/)).toBeVisible();
      await shoot(page, `resources-rule-${language}`);
      const made = () =>
        done(w.boss.api.GET("/resources/{resource}/rules", { params: { path: { resource: outer.num } } }));
      expect((await made()).rules).toHaveLength(0); // nothing is done before it is said
      await dialog(page).getByRole("button", { name: e.form.make }).click();
      await expect(dialog(page)).toHaveCount(0);
      const table = page.getByRole("table", { name: t.tab.rules });
      await expect(table.getByRole("row")).toHaveCount(2);
      expect((await made()).rules[0]).toMatchObject({ scope: "resource", permission: "update", propagate: true });
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `resources-rules-${language}`);
      // What is made above is changed there, though its maker is here.
      await w.boss.api.POST("/workspaces/{workspace}/rules", {
        params: { path: { workspace: w.workspace.id } },
        body: {
          node: w.workspace.num,
          effect: "allow",
          principal: w.members.vi.num,
          scope: "resource",
          permission: "create",
        },
      });
      await page.getByText(t.rulesAbove, { exact: true }).click();
      await expect(table.getByRole("row").nth(1)).toBeVisible();
      await expect(table.locator("tbody").getByRole("button")).toHaveCount(0);
      await page.getByText(t.rulesHere, { exact: true }).click();
      await expect(table.getByRole("row")).toHaveCount(2);

      await table.getByRole("row").last().getByRole("button").click();
      await page.getByRole("menuitem", { name: c.modify }).click();
      await dialog(page).getByRole("checkbox", { name: e.form.propagate }).uncheck();
      await dialog(page).getByRole("button", { name: e.form.try }).click();
      await expect(dialog(page).getByText(/^\s*(loses|perd)/)).toBeVisible();
      await dialog(page).getByRole("button", { name: e.form.save }).click();
      await expect(dialog(page)).toHaveCount(0);
      expect((await made()).rules).toMatchObject([{ permission: "update", propagate: false }]);

      await table.getByRole("row").last().getByRole("button").click();
      await page.getByRole("menuitem", { name: c.delete }).click();
      await expect(dialog(page).getByText(/^\s*(loses|perd)/)).toBeVisible();
      await checkAccessibility(page);
      await dialog(page).getByRole("button", { name: e.remove.act }).click();
      await expect(dialog(page)).toHaveCount(0);
      expect((await made()).rules).toHaveLength(0);
    });

    test("a rule that would lock out an administrator is explained", async ({ page, world }) => {
      const w = await world({ language });
      const { outer } = await nest(w);
      await signIn(page, w.boss);
      await open(page, w, outer.num, "&tab=rules");
      await page.getByRole("button", { name: t.addRule }).first().click();
      await dialog(page).getByText(e.effect.deny, { exact: true }).click();
      await dialog(page).getByRole("combobox", { name: e.form.who }).click();
      await page.getByRole("option", { name: e.special.authenticated }).click();
      await dialog(page).getByRole("combobox", { name: e.form.what, exact: true }).click();
      await page.getByRole("option", { name: e.form.kind.everything, exact: true }).click();
      await dialog(page).getByRole("button", { name: e.form.try }).click();
      await expect(
        dialog(page)
          .getByRole("alert")
          .filter({ hasText: /lock out|exclurait/ }),
      ).toBeVisible();
      await shoot(page, `resources-lockout-${language}`);
    });
  });
}

test("a level of a hundred thousand nodes is smooth: what is seen alone is there, the rest is read when it is come to", async ({
  page,
  world,
}) => {
  const w = await world();
  const long = await w.resource("Long");
  const total = 100_000;
  const size = 200;
  const asked: string[] = [];
  await page.route(
    (url) => url.pathname.endsWith("/resources") && url.searchParams.get("parent") === String(long.num),
    async (route) => {
      const cursor = new URL(route.request().url()).searchParams.get("cursor");
      asked.push(cursor ?? "");
      const from = Number(cursor ?? 0);
      const items = Array.from({ length: size }, (_, i) => ({
        num: 1_000_000 + from + i,
        class: "resource_group",
        display_name: `Node ${String(from + i).padStart(6, "0")}`,
        children: true,
      }));
      const next = from + size < total ? String(from + size) : undefined;
      await route.fulfill({ json: { items, next, ...(cursor ? {} : { total }) } });
    },
  );
  // The levels below and the panel of a made-up node are no part of it.
  await w.resource("In it", { parent: long.num });
  await signIn(page, w.boss);
  await open(page, w);
  await row(page, "Long").click();
  await tree(page).focus();
  await page.keyboard.press("ArrowRight");
  await expect(row(page, "Node 000000")).toBeVisible();
  await expect(row(page, "Node 000000")).toHaveAttribute("aria-setsize", String(total));
  expect(asked).toEqual([""]);
  expect(await tree(page).getByRole("treeitem").count()).toBeLessThan(80);
  // Far down at once: the pages between are walked through, and let go of.
  await tree(page).evaluate((el) => {
    el.scrollTop = 34 * 4_002;
  });
  await expect(row(page, "Node 004000")).toBeVisible();
  const walked = asked.length;
  expect(walked).toBeGreaterThanOrEqual(21);
  expect(walked).toBeLessThanOrEqual(24);
  await tree(page).evaluate((el) => {
    el.scrollTop = 0;
  });
  await expect(row(page, "Node 000000")).toBeVisible();
  expect(asked.slice(walked).length).toBeLessThanOrEqual(2); // by the places that are remembered
  expect(await tree(page).getByRole("treeitem").count()).toBeLessThan(80);
});

test("who may read alone is offered nothing else, and a link to what he may not see says so", async ({
  page,
  world,
}) => {
  const w = await world({ members: { vi: "Viewer" } });
  const { outer, layer } = await nest(w);
  await w.boss.api.POST("/resources/{resource}/rules", {
    params: { path: { resource: layer.num } },
    body: { effect: "deny", principal: w.members.vi.num },
  });
  await signIn(page, w.members.vi);
  await open(page, w, outer.num);
  await expect(panel(page, "Outer")).toBeVisible();
  await expect(page.getByRole("tab")).toHaveCount(2);
  for (const name of [en.createIn, commonEn.modify, en.move, en.transfer, commonEn.delete]) {
    await expect(page.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await open(page, w, layer.num);
  await expect(page.getByRole("alert")).toContainText("not for you to see");
});

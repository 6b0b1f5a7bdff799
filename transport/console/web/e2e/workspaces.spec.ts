import type { Page } from "@playwright/test";
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";
import type { World } from "./support/world";

const hostile = "<img src=x onerror=alert(1)> & Söhne";

const chief = (w: World<string>, language: string) => w.person("chief", { administrator: true, language });
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });
const columns = ["name", "technicalName", "organization", "supervisor", "state", "created"];

for (const language of spoken) {
  const t = texts(language, "workspaces");
  const c = texts(language, "common");
  const table = texts(language, "table");

  test.describe(`in ${language}`, () => {
    test("J-13 the workspaces of all organizations, with each column's menu, and the way into each", async ({
      page,
      world,
    }) => {
      const w = await world({ language, name: `${hostile} ${language}` });
      const name = w.workspace.name;
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/workspaces?organization=${w.organization.id}`);
      await expect(row(page, w.organization.name)).toContainText(name);
      for (const column of columns) {
        await expect(
          page.getByRole("button", { name: table("menuOf", { column: t(column) }), exact: true }),
        ).toBeVisible();
      }
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `workspaces-${language}`);
      await row(page, w.organization.name).getByRole("button").last().click();
      await expect(page.getByRole("menuitem")).toHaveText([t("open"), t("settings"), t("deactivate")]);
      await page.keyboard.press("Escape");
      await expect(page.getByRole("menuitem")).toHaveCount(0);
      await page.getByRole("button", { name: table("menuOf", { column: t("state") }), exact: true }).click();
      await page.getByRole("menuitem", { name: table("only", { value: t("inactive") }) }).click();
      await expect(row(page, w.organization.name)).toHaveCount(0);
      await page.getByRole("button", { name: table("clear") }).click();
      await page.goto(`./platform/workspaces?organization=${w.organization.id}`);
      await page.getByRole("link", { name, exact: true }).click();
      await expect(page).toHaveURL(new RegExp(`/workspaces/${w.workspace.id}$`));
    });

    test("one is made for a supervisor, with a new database of its own", async ({ page, world }) => {
      const w = await world({ language });
      const ada = await w.person("ada");
      await signIn(page, await chief(w, language));
      await page.goto("./platform/workspaces");
      await page
        .getByRole("button", { name: t("create") })
        .first()
        .click();
      const dialog = page.getByRole("dialog", { name: t("create") });
      const act = dialog.getByRole("button", { name: c("create") });
      await act.click();
      await expect(dialog.getByText(c("required"))).toHaveCount(2); // the name, and who supervises
      const radio = dialog.getByRole("radio", { name: t("newDatabase") });
      await expect(radio).toBeDisabled(); // a database belongs to an organization
      await dialog.getByRole("textbox", { name: t("name"), exact: true }).fill(`Gare Été ${w.tag}`);
      await expect(dialog.getByRole("textbox", { name: t("technicalName") })).toHaveValue(`gare-ete-${w.tag}`);
      await dialog.getByRole("combobox", { name: t("organization") }).fill(w.organization.name);
      await page.getByRole("option", { name: w.organization.name }).click();
      await dialog.getByRole("combobox", { name: t("supervisor") }).fill(ada.username);
      await page.getByRole("listbox").getByRole("option").filter({ hasText: ada.email }).click();
      await radio.check();
      const name = dialog.getByRole("textbox", { name: t("databaseName") });
      await expect(name).toHaveValue(`gare-ete-${w.tag}`);
      await name.fill("7");
      await act.click();
      await expect(name).toHaveAttribute("aria-invalid", "true");
      await name.fill(`gare_${w.tag}`);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `workspace-create-${language}`);
      await act.click();
      await expect(page.getByText(t("made", { name: `Gare Été ${w.tag}` }))).toBeVisible();
      const [made] = (
        await done(w.api.GET("/workspaces", { params: { query: { technical_name: `gare-ete-${w.tag}` } } }))
      ).items;
      expect(made?.supervisor.id).toBe(ada.id);
      expect(made?.project.database).toBe(`gare_${w.tag}`);
      await expect(page).toHaveURL(new RegExp(`/workspaces/${made?.id}$`));
    });

    test("what is taken already is said at its field", async ({ page, world }) => {
      const w = await world({ language });
      await w.api.POST("/databases", { body: { organization: w.organization.id, name: `d-${w.tag}` } });
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/organizations/${w.organization.id}?tab=workspaces`);
      await page
        .getByRole("button", { name: t("create") })
        .first()
        .click();
      const dialog = page.getByRole("dialog", { name: t("createIn", { organization: w.organization.name }) });
      await dialog.getByRole("textbox", { name: t("name"), exact: true }).fill("Again");
      const technical = dialog.getByRole("textbox", { name: t("technicalName") });
      await technical.fill(w.workspace.technical_name);
      await dialog.getByRole("combobox", { name: t("supervisor") }).fill(w.boss.username);
      await page.getByRole("listbox").getByRole("option").filter({ hasText: w.boss.email }).click();
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(technical).toHaveAttribute("aria-invalid", "true");
      await technical.fill(`again-${w.tag}`);
      await dialog.getByRole("radio", { name: t("newDatabase") }).check();
      const name = dialog.getByRole("textbox", { name: t("databaseName") });
      await name.fill(`d-${w.tag}`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(name).toHaveAttribute("aria-invalid", "true");
      // One that the organization has.
      await dialog.getByRole("radio", { name: t("oldDatabase") }).check();
      await dialog.getByRole("combobox", { name: t("databaseName") }).click();
      await page.getByRole("option", { name: `d-${w.tag}` }).click();
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(page.getByText(t("made", { name: "Again" }))).toBeVisible();
      const used = await done(w.api.GET("/workspaces", { params: { query: { database: `d-${w.tag}` } } }));
      expect(used.items).toHaveLength(1);
    });

    test("several are deactivated at once, and activated again, with what that means", async ({ page, world }) => {
      const w = await world({ language });
      const other = await done(
        w.api.POST("/workspaces", {
          body: { name: hostile, technical_name: `o-${w.tag}`, organization: w.organization.id, supervisor: w.boss.id },
        }),
      );
      const active = async () =>
        (await done(w.api.GET("/workspaces", { params: { query: { organization: w.organization.id } } }))).items.map(
          (at) => at.active,
        );
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/workspaces?organization=${w.organization.id}`);
      await expect(row(page, other.technical_name)).toBeVisible();
      await page.getByRole("checkbox", { name: table("selectPage") }).check();
      await page
        .getByRole("toolbar")
        .getByRole("button", { name: t("deactivate") })
        .click();
      const dialog = page.getByRole("dialog", { name: t("deactivateTitle", { count: 2 }) });
      await expect(dialog).toContainText(hostile);
      await expect(dialog).toContainText(w.workspace.name);
      await expect(dialog).toContainText(t("deactivateText"));
      await checkAccessibility(page);
      await shoot(page, `workspaces-deactivate-${language}`);
      await dialog.getByRole("button", { name: t("deactivate"), exact: true }).click();
      await expect(page.getByText(t("deactivated", { count: 2 }))).toBeVisible();
      expect(await active()).toEqual([false, false]);
      await row(page, other.technical_name).getByRole("button").last().click();
      await page.getByRole("menuitem", { name: t("activate"), exact: true }).click();
      await page
        .getByRole("dialog")
        .getByRole("button", { name: t("activate"), exact: true })
        .click();
      await expect(page.getByText(t("activated", { count: 1 }))).toBeVisible();
      expect((await active()).sort()).toEqual([false, true]);
    });
  });
}

const t = texts("en", "workspaces");

test("with the keyboard alone a workspace is deactivated", async ({ page, world }) => {
  const w = await world();
  await signIn(page, await chief(w, "en"));
  await page.goto(`./platform/workspaces?organization=${w.organization.id}`);
  await row(page, w.workspace.name).getByRole("button").last().focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem").first()).toBeFocused();
  await page.keyboard.press("End");
  await expect(page.getByRole("menuitem", { name: t("deactivate") })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByText(t("deactivated", { count: 1 }))).toBeVisible();
});

test("who administers an organization makes workspaces in it, and in no other", async ({ page, world }) => {
  const w = await world();
  const ada = await w.person("ada");
  await w.api.PUT("/organizations/{organization}/administrators/{user}", {
    params: { path: { organization: w.organization.id, user: ada.id } },
  });
  await signIn(page, ada);
  await page.goto("./platform/workspaces");
  await page.getByRole("button", { name: t("create") }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: t("name"), exact: true }).fill(`Hers ${w.tag}`);
  await dialog.getByRole("combobox", { name: t("organization") }).click();
  await expect(page.getByRole("listbox").getByRole("option")).toHaveText([w.organization.name]);
  await page.getByRole("listbox").getByRole("option").click();
  await dialog.getByRole("combobox", { name: t("supervisor") }).click();
  await page.getByRole("listbox").getByRole("option").filter({ hasText: ada.email }).click();
  await dialog.getByRole("button", { name: "Create" }).click();
  await expect(page.getByText(t("made", { name: `Hers ${w.tag}` }))).toBeVisible();
});

test("a member of one workspace is offered nothing of the kind", async ({ page, world }) => {
  const w = await world({ members: { lea: "Viewer" } });
  await signIn(page, w.members.lea);
  await page.goto("./platform/workspaces");
  await expect(row(page, w.workspace.name)).toBeVisible();
  await expect(page.getByRole("button", { name: t("create") })).toHaveCount(0);
  await expect(page.getByRole("checkbox")).toHaveCount(0);
});

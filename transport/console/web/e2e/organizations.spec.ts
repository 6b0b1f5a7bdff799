import type { Page } from "@playwright/test";
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";
import type { World } from "./support/world";

const hostile = "<img src=x onerror=alert(1)> & Söhne";

const chief = (w: World<string>, language: string) => w.person("chief", { administrator: true, language });
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });
const at = (w: World<string>) => ({ params: { path: { organization: w.organization.id } } });

for (const language of spoken) {
  const t = texts(language, "organizations");
  const c = texts(language, "common");
  const problem = texts(language, "problem");

  test.describe(`in ${language}`, () => {
    test("organizations are listed, searched, and made", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/organizations?q=${w.tag}`);
      await expect(row(page, w.organization.name)).toBeVisible();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `organizations-${language}`);
      await page.getByRole("button", { name: t("create") }).click();
      const dialog = page.getByRole("dialog", { name: t("create") });
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog.getByText(c("required"))).toBeVisible();
      await dialog.getByRole("textbox", { name: t("name") }).fill(w.organization.name.toUpperCase());
      await checkAccessibility(page);
      await shoot(page, `organization-create-${language}`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog.getByText(problem("taken"))).toBeVisible();
      const name = `${hostile} ${w.tag}`;
      await dialog.getByRole("textbox", { name: t("name") }).fill(name);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(page.getByRole("heading", { level: 1, name })).toBeVisible();
    });

    test("its details are changed, field by field, and what is wrong is said at the field", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/organizations/${w.organization.id}`);
      const save = page.getByRole("button", { name: c("save"), exact: true });
      await expect(save).toBeDisabled();
      await expect(page.getByRole("textbox", { name: t("identifier") })).toHaveValue(w.organization.id);
      const siret = page.getByRole("textbox", { name: t("siret") });
      await siret.fill("123");
      await save.click();
      await expect(siret).toBeFocused();
      await expect(siret).toHaveAttribute("aria-invalid", "true");
      await siret.fill("12345678901234");
      // What the server finds is said there as well.
      const other = await done(w.api.POST("/organizations", { body: { name: `Other ${w.tag}` } }));
      const name = page.getByRole("textbox", { name: t("name"), exact: true });
      await name.fill(other.name);
      await save.click();
      await expect(name).toHaveAttribute("aria-invalid", "true");
      await expect(page.getByText(problem("taken"))).toBeVisible();
      await name.fill(w.organization.name);
      await page.getByRole("textbox", { name: t("address"), exact: true }).fill("1, rue\n75001 Paris");
      await page.getByRole("textbox", { name: t("note") }).fill(hostile);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `organization-${language}`);
      // What somebody else changes meanwhile stays.
      await w.api.PATCH("/organizations/{organization}", { ...at(w), body: { contact: "elsewhere@example.org" } });
      await save.click();
      await expect(page.getByText(c("saved"), { exact: true })).toBeVisible();
      const now = await done(w.api.GET("/organizations/{organization}", at(w)));
      expect(now).toMatchObject({
        siret: "12345678901234",
        address: "1, rue\n75001 Paris",
        note: hostile,
        contact: "elsewhere@example.org",
      });
      await expect(page.getByRole("textbox", { name: t("contact"), exact: true })).toHaveValue("elsewhere@example.org");
    });

    test("administrators are found by name, added, and removed", async ({ page, world }) => {
      const w = await world({ language });
      const ada = await w.person("ada", { first_name: hostile });
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/organizations/${w.organization.id}?tab=administrators`);
      await expect(page.getByRole("heading", { name: t("nobody") })).toBeVisible();
      await page
        .getByRole("button", { name: t("add") })
        .first()
        .click();
      const dialog = page.getByRole("dialog", { name: t("addTitle", { organization: w.organization.name }) });
      await dialog.getByRole("combobox", { name: t("person") }).fill(ada.username);
      await page.getByRole("listbox").getByRole("option").filter({ hasText: ada.email }).click();
      await checkAccessibility(page);
      await shoot(page, `organization-add-${language}`);
      await dialog.getByRole("button", { name: t("addAct"), exact: true }).click();
      await expect(row(page, ada.email)).toContainText(hostile);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `organization-administrators-${language}`);
      await row(page, ada.email).getByRole("button").last().click();
      await page.getByRole("menuitem", { name: t("remove") }).click();
      const remove = page.getByRole("dialog");
      await expect(remove).toContainText(hostile);
      await expect(remove).toContainText(t("removeText"));
      await checkAccessibility(page);
      await shoot(page, `organization-remove-${language}`);
      await remove.getByRole("button", { name: t("remove"), exact: true }).click();
      await expect(page.getByRole("heading", { name: t("nobody") })).toBeVisible();
      expect((await done(w.api.GET("/organizations/{organization}/administrators", at(w)))).items).toHaveLength(0);
    });

    test("its databases have a bar of what they take up together, and a limit", async ({ page, world }) => {
      const w = await world({ language });
      await w.api.POST("/databases", { body: { organization: w.organization.id, name: `d-${w.tag}` } });
      await w.api.POST("/databases/{database}/backups", { params: { path: { database: `d-${w.tag}` } } });
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/organizations/${w.organization.id}?tab=databases`);
      await expect(row(page, `d-${w.tag}`)).toBeVisible();
      await page.getByRole("button", { name: t("changeQuota") }).click();
      const dialog = page.getByRole("dialog", { name: t("changeQuotaTitle", { name: w.organization.name }) });
      await dialog.getByRole("checkbox").uncheck();
      await dialog.getByRole("textbox", { name: t("databasesQuota") }).fill("2");
      await checkAccessibility(page);
      await shoot(page, `organization-quota-${language}`);
      await dialog.getByRole("button", { name: c("save") }).click();
      await expect(dialog).toBeHidden();
      await expect
        .poll(async () => (await done(w.api.GET("/organizations/{organization}", at(w)))).databases_quota)
        .toBe(2_000_000_000);
      await expect(page.getByRole("main")).toContainText(language === "en" ? "2 GB" : "2 Go");
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `organization-databases-${language}`);
    });

    test("deleting names what goes, wants the name, and tells which workspaces there are", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/organizations/${w.organization.id}`);
      await page.getByRole("button", { name: t("delete") }).click();
      const dialog = page.getByRole("dialog", { name: t("deleteTitle", { name: w.organization.name }) });
      await expect(dialog).toContainText(t("hasWorkspaces"));
      await expect(dialog).toContainText(w.workspace.name);
      const act = dialog.getByRole("button", { name: t("delete") });
      await expect(act).toBeDisabled();
      await dialog.getByRole("textbox").fill(w.organization.name);
      await act.click();
      await expect(dialog.getByRole("alert").filter({ hasText: problem("in_use") })).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `organization-delete-${language}`);
      const empty = await done(w.api.POST("/organizations", { body: { name: `Empty ${w.tag}` } }));
      await page.goto(`./platform/organizations/${empty.id}`);
      await page.getByRole("button", { name: t("delete") }).click();
      await dialog.page().getByRole("dialog").getByRole("textbox").fill(empty.name);
      await dialog
        .page()
        .getByRole("dialog")
        .getByRole("button", { name: t("delete") })
        .click();
      await expect(page).toHaveURL(/platform\/organizations$/);
      await expect(page.getByText(t("deleted", { name: empty.name }))).toBeVisible();
    });
  });
}

const t = texts("en", "organizations");

test("who administers an organization finds it, and what he may in it alone", async ({ page, world }) => {
  const w = await world();
  const ada = await w.person("ada");
  await w.api.PUT("/organizations/{organization}/administrators/{user}", {
    params: { path: { organization: w.organization.id, user: ada.id } },
  });
  await signIn(page, ada);
  await page.goto("./platform/organizations");
  await page.getByRole("link", { name: w.organization.name }).click();
  await expect(page.getByRole("tab")).toHaveText([
    t("details"),
    t("administrators"),
    t("workspaces"),
    t("databases"),
    t("mail"),
  ]);
  await expect(page.getByRole("button", { name: t("delete") })).toHaveCount(0);
  await expect(page.getByRole("heading", { name: t("quotas") })).toHaveCount(0);
  await page.getByRole("tab", { name: t("administrators") }).click();
  await expect(page).toHaveURL(/tab=administrators/);
  // Who may not list people adds one by an identifier.
  const bob = await w.person("bob");
  await page.getByRole("button", { name: t("add") }).click();
  await page
    .getByRole("dialog")
    .getByRole("textbox", { name: t("userIdentifier") })
    .fill(bob.id);
  await page
    .getByRole("dialog")
    .getByRole("button", { name: t("addAct"), exact: true })
    .click();
  await expect(row(page, bob.email)).toBeVisible();
});

test("who may see an organization and not change it reads, and is offered nothing to save", async ({ page, world }) => {
  const w = await world();
  const ada = await w.person("ada");
  await w.api.PUT("/organizations/{organization}/administrators/{user}", {
    params: { path: { organization: w.organization.id, user: ada.id } },
  });
  // No role of the server's gives this; a host's rules may.
  await page.route("**/api/v1/check", async (route) => {
    const response = await route.fetch();
    const { checks } = route.request().postDataJSON() as { checks: { permission: string }[] };
    const { allowed } = (await response.json()) as { allowed: boolean[] };
    const less = allowed.map((yes, i) => yes && checks[i]?.permission !== "organization.update");
    await route.fulfill({ response, json: { allowed: less } });
  });
  await signIn(page, ada);
  await page.goto(`./platform/organizations/${w.organization.id}`);
  const name = page.getByRole("textbox", { name: t("name"), exact: true });
  await expect(name).toHaveValue(w.organization.name);
  for (const field of await page.getByRole("main").getByRole("textbox").all()) {
    await expect(field).not.toBeEditable();
  }
  await expect(page.getByRole("button", { name: texts("en", "common")("save") })).toHaveCount(0);
});

test("with the keyboard alone one goes through the tabs", async ({ page, world }) => {
  const w = await world();
  await signIn(page, await chief(w, "en"));
  await page.goto(`./platform/organizations/${w.organization.id}`);
  await page.getByRole("tab", { name: t("details") }).focus();
  await page.keyboard.press("ArrowRight");
  await expect(page.getByRole("tab", { name: t("administrators") })).toBeFocused();
  await expect(page.getByRole("heading", { name: t("nobody") })).toBeVisible();
  await page.keyboard.press("End");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("tab", { name: t("mail") })).toHaveAttribute("aria-selected", "true");
});

test("one that is not there says so, and leads back", async ({ page, world }) => {
  const w = await world();
  await signIn(page, await chief(w, "en"));
  await page.goto("./platform/organizations/01a21d33-e073-739a-9853-000000000000");
  await expect(page.getByRole("main").getByRole("alert")).toContainText(texts("en", "problem")("not_found"));
  await page.getByRole("link", { name: t("toAll") }).click();
  await expect(page.getByRole("heading", { level: 1, name: t("title") })).toBeVisible();
});

import type { Page } from "@playwright/test";
import { apiURL, checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { escaped, spoken, texts } from "./support/text";
import type { World } from "./support/world";

const hostile = `<img src=x onerror="document.title='pwned'">`;

async function open(page: Page, workspace: string, rest = ""): Promise<void> {
  await page.goto(`./workspaces/${workspace}/keys${rest}`);
  await expect(page.getByRole("table")).toBeVisible();
}

const row = (page: Page, title: string) => page.locator("tbody").getByRole("row").filter({ hasText: title });
async function menu(page: Page, title: string, item: string): Promise<void> {
  await row(page, title).getByRole("button").last().click();
  await page.getByRole("menuitem", { name: item }).click();
}

/** statusWith is the status of a call with a key. */
const statusWith = async (secret: string, workspace: string): Promise<number> =>
  (await fetch(`${apiURL()}/workspaces/${workspace}`, { headers: { Authorization: `Bearer ${secret}` } })).status;

/** Begins to delete a key by which something was made, and returns what that is. */
async function deleteOwner(page: Page, w: World<string>, act: string) {
  const key = await w.key("Owner", { role: "Editor" });
  const owned = await done(
    w.api
      .with(key.secret ?? "")
      .POST("/resources", { body: { parent: w.workspace.num, class: "resource_group", display_name: "Owned" } }),
  );
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  await menu(page, "Owner", act);
  return owned;
}

for (const language of spoken) {
  const t = texts(language, "keys");
  const c = texts(language, "common");
  const words = texts(language, "words");
  const members = texts(language, "members");

  test.describe(`in ${language}`, () => {
    test("J-20 J-21 J-22 J-23 J-24 J-16 a key is made, and its secret is shown once", async ({
      page,
      world,
      context,
    }) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const w = await world({ language });
      await signIn(page, w.boss);
      // Within the console, so that the browser's way back leads to another of its pages.
      await page.goto(`./workspaces/${w.workspace.id}`);
      await page.getByRole("link", { name: t("title") }).click();
      await page
        .getByRole("button", { name: t("create") })
        .first()
        .click();
      const dialog = page.getByRole("dialog");
      // What is needed has an asterisk (J-20).
      for (const name of ["name", "role", "expires"]) {
        await expect(
          dialog
            .locator("label")
            .filter({ hasText: t(name) })
            .first(),
        ).toContainText("*");
      }
      // Editor or Viewer, and nothing else (J-21).
      await dialog.getByRole("combobox", { name: t("role") }).click();
      await expect(page.getByRole("listbox").getByRole("option")).toHaveText([
        words("role.Editor"),
        words("role.Viewer"),
      ]);
      await page.getByRole("option", { name: words("role.Editor") }).click();
      await dialog.getByRole("button", { name: t("create") }).click();
      await expect(dialog.getByText(c("required"))).toBeVisible();
      await dialog.getByRole("textbox", { name: t("name") }).fill(`ETL ${hostile}`);
      await dialog.getByRole("button", { name: t("days", { days: 30 }) }).click();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `key-new-${language}`);
      await dialog.getByRole("button", { name: t("create") }).click();

      await expect(dialog.getByRole("alert")).toContainText(t("secretText"));
      const field = dialog.getByRole("textbox", { name: t("secret") });
      const secret = await field.inputValue();
      expect(await statusWith(secret, w.workspace.id)).toBe(200);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `key-secret-${language}`);
      await dialog.getByRole("button", { name: c("copyOf", { name: t("secret") }) }).click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(secret);
      // It goes by its button alone.
      await page.keyboard.press("Escape");
      await page.mouse.click(4, 400);
      await page.evaluate(() => history.back());
      await expect(field).toHaveValue(secret);
      await dialog.getByRole("button", { name: t("ok") }).click();
      await expect(dialog).toBeHidden();

      await expect(row(page, "ETL")).toContainText(hostile);
      await expect(page).not.toHaveTitle(/pwned/);
      expect(await page.locator("body").textContent()).not.toContain(secret);
      const listed = await w.boss.api.GET("/workspaces/{workspace}/keys", {
        params: { path: { workspace: w.workspace.id } },
      });
      expect(JSON.stringify(listed.data)).not.toContain(secret);
    });

    test("J-10 J-14 J-25 J-26 the table's columns, a row's menu, and what is to be known of a key", async ({
      page,
      world,
      context,
    }) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const w = await world({ language });
      const key = await w.key("Tiles", {
        networks: ["192.0.2.0/24"],
        origins: ["https://example.org"],
        scopes: ["resource.read"],
      });
      await signIn(page, w.boss);
      await open(page, w.workspace.id);
      for (const column of ["name", "identifier", "creator", "created", "expires"]) {
        await expect(page.getByRole("columnheader", { name: new RegExp(`^${escaped(t(column))},`) })).toBeVisible();
      }
      await expect(row(page, "Tiles")).toContainText(key.id);
      await expect(row(page, "Tiles")).toContainText(`Boss ${w.tag}`);
      await row(page, "Tiles").getByRole("button").last().click();
      await expect(page.getByRole("menuitem")).toHaveText([c("info"), c("delete")]);
      await page.getByRole("menuitem", { name: c("info") }).click();
      const dialog = page.getByRole("dialog");
      for (const text of ["Tiles", `Boss ${w.tag}`, words("role.Viewer"), "192.0.2.0/24", "https://example.org"]) {
        await expect(dialog.locator("dd").filter({ hasText: text }).first()).toBeVisible();
      }
      await expect(dialog).not.toContainText(key.secret ?? "-");
      await dialog.getByRole("button", { name: c("copyOf", { name: t("email") }) }).click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(key.email);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `key-info-${language}`);
    });

    test("J-28 J-33 a key that owns nothing goes with one confirmation, at once", async ({ page, world }) => {
      const w = await world({ language });
      const key = await w.key("Old");
      await signIn(page, w.boss);
      await open(page, w.workspace.id);
      await menu(page, "Old", c("delete"));
      const dialog = page.getByRole("dialog", { name: t("deleteOf", { name: "Old" }) });
      await expect(dialog).toContainText(t("deleteText"));
      await checkAccessibility(page);
      await shoot(page, `key-delete-${language}`);
      await dialog.getByRole("button", { name: c("delete") }).click();
      await expect(dialog).toBeHidden();
      await expect(row(page, "Old")).toHaveCount(0);
      expect(await statusWith(key.secret ?? "", w.workspace.id)).toBe(401);
    });

    test("J-29 J-30 a key that owns something goes when it is said who gets that", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor", vi: "Viewer" } });
      const owned = await deleteOwner(page, w, c("delete"));
      const dialog = page.getByRole("dialog", { name: t("deleteOf", { name: "Owner" }) });
      await expect(dialog).toContainText(t("ownsText"));
      await dialog.getByRole("button", { name: t("transferAndDelete") }).click();
      await expect(dialog.getByText(c("required"))).toBeVisible();
      await dialog.getByRole("combobox", { name: members("departure.heir") }).click();
      await expect(page.getByRole("listbox").getByRole("option").filter({ hasText: w.members.vi.email })).toHaveCount(
        0,
      );
      await checkAccessibility(page);
      await shoot(page, `key-transfer-${language}`);
      await page.getByRole("listbox").getByRole("option").filter({ hasText: w.members.ed.email }).click();
      await dialog.getByRole("button", { name: t("transferAndDelete") }).click();
      await expect(dialog).toBeHidden();
      await expect(row(page, "Owner")).toHaveCount(0);
      const now = await done(w.boss.api.GET("/resources/{resource}", { params: { path: { resource: owned.num } } }));
      expect(now.owner).toBe(w.members.ed.num);
    });

    test("J-32 what a key owned alone goes with it when nobody gets it", async ({ page, world }) => {
      const w = await world({ language });
      const owned = await deleteOwner(page, w, c("delete"));
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("checkbox", { name: members("departure.transfer") }).uncheck();
      await checkAccessibility(page);
      await dialog.getByRole("button", { name: t("deleteAll") }).click();
      await expect(dialog).toBeHidden();
      await expect(
        w.boss.api.GET("/resources/{resource}", { params: { path: { resource: owned.num } } }),
      ).rejects.toThrow(/404/);
    });
  });
}

const t = texts("en", "keys");
const c = texts("en", "common");

test("a key gets another secret inside its info, and the one before ends later", async ({ page, world }) => {
  const w = await world();
  const key = await w.key("Rotated");
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  await menu(page, "Rotated", c("info"));
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: t("rotate") }).click();
  await checkAccessibility(page);
  await shoot(page, "key-rotate");
  await dialog.getByRole("button", { name: t("rotate") }).click();
  const secret = await dialog.getByRole("textbox", { name: t("secret") }).inputValue();
  expect(secret).not.toBe(key.secret);
  for (const valid of [secret, key.secret ?? ""]) {
    expect(await statusWith(valid, w.workspace.id)).toBe(200);
  }
  await dialog.getByRole("button", { name: t("ok") }).click();
  await expect(row(page, "Rotated")).toContainText(t("state.rotating"));
  await menu(page, "Rotated", c("info"));
  await dialog.getByRole("button", { name: t("rotate") }).click();
  await expect(dialog.getByText(t("rotatingText"))).toBeVisible();
  await dialog.getByRole("button", { name: t("rotate") }).click();
  await dialog.getByRole("button", { name: t("ok") }).click();
  expect(await statusWith(secret, w.workspace.id)).toBe(401);
});

test("a key is revoked inside its info, and stays in the table", async ({ page, world }) => {
  const w = await world();
  const key = await w.key("Leaked");
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  await menu(page, "Leaked", c("info"));
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: t("revoke") }).click();
  await checkAccessibility(page);
  await dialog.getByRole("button", { name: t("revoke") }).click();
  await expect(dialog.locator("dd").filter({ hasText: t("state.revoked") })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(row(page, "Leaked")).toContainText(t("state.revoked"));
  expect(await statusWith(key.secret ?? "", w.workspace.id)).toBe(401);
});

test("several keys are deleted; one that owns something stays, and it is said why", async ({ page, world }) => {
  const w = await world();
  const key = await w.key("Owner", { role: "Editor" });
  await w.key("Free");
  await done(
    w.api
      .with(key.secret ?? "")
      .POST("/resources", { body: { parent: w.workspace.num, class: "resource_group", display_name: "Owned" } }),
  );
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  await page.getByRole("checkbox", { name: texts("en", "table")("selectPage") }).check();
  await page
    .getByRole("toolbar")
    .getByRole("button", { name: c("delete") })
    .click();
  const dialog = page.getByRole("dialog");
  await expect(dialog.getByRole("listitem")).toHaveCount(2);
  await dialog.getByRole("button", { name: c("delete") }).click();
  await expect(dialog.getByRole("alert")).toContainText("Owner");
  await expect(dialog.getByRole("alert")).toContainText(texts("en", "problem")("owns_resources"));
  await checkAccessibility(page);
  await shoot(page, "keys-several");
  await dialog
    .getByRole("button", { name: c("close") })
    .last()
    .click();
  await expect(row(page, "Free")).toHaveCount(0);
  await expect(row(page, "Owner")).toHaveCount(1);
});

test("a key is held to permissions, resources, networks and pages, and what is wrong is said where it is", async ({
  page,
  world,
}) => {
  const w = await world();
  await w.resource("Harbour");
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  await page
    .getByRole("button", { name: t("create") })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: t("name") }).fill("Narrow");
  await dialog.getByRole("button", { name: t("advanced") }).click();
  await dialog.getByLabel(t("scopes")).first().fill("resource.read");
  await page.getByRole("option", { name: "resource.read", exact: true }).click();
  await page.keyboard.press("Tab");
  await dialog.getByLabel(t("nodes")).first().fill("Harb");
  await page.getByRole("option", { name: /^Harbour/ }).click();
  await page.keyboard.press("Tab");
  await dialog.getByLabel(t("networks")).first().fill("nowhere");
  await page.keyboard.press("Enter");
  await checkAccessibility(page);
  await checkReflow(page);
  await shoot(page, "key-advanced");
  await dialog.getByRole("button", { name: t("create") }).click();
  await expect(dialog.getByText(t("wrong.networks"))).toBeVisible();
  await dialog.getByLabel(t("networks")).first().press("Backspace");
  await dialog.getByRole("button", { name: t("create") }).click();
  await dialog.getByRole("button", { name: t("ok") }).click();
  const { items } = await done(
    w.boss.api.GET("/workspaces/{workspace}/keys", { params: { path: { workspace: w.workspace.id } } }),
  );
  expect(items[0]?.scopes).toEqual(["resource.read"]);
  expect(items[0]?.nodes).toHaveLength(1);
});

test("a key is made, looked at and deleted by the keyboard alone, and the focus comes back", async ({
  page,
  world,
}) => {
  const w = await world();
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  await checkAccessibility(page);
  await checkReflow(page);
  await shoot(page, "keys-empty");
  const create = page.getByRole("button", { name: t("create") }).first();
  await create.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: t("name") })).toBeFocused();
  await page.keyboard.type("Typed");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: t("secret") })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(page.getByRole("button", { name: t("ok") })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(create).toBeFocused();
  const dots = row(page, "Typed").getByRole("button").last();
  await dots.focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem").first()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog", { name: t("infoOf", { name: "Typed" }) })).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(dots).toBeFocused();
  await shoot(page, "keys");
  await checkAccessibility(page);
});

test("a request that got lost on the way makes one key when it is sent again", async ({ page, world, complaints }) => {
  complaints.expect(/Failed to load resource/);
  const w = await world();
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  await page
    .getByRole("button", { name: t("create") })
    .first()
    .click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: t("name") }).fill("Once");
  let lost = false;
  await page.route("**/keys", async (route) => {
    if (route.request().method() === "POST" && !lost) {
      lost = true;
      await route.fetch();
      await route.abort();
      return;
    }
    await route.continue();
  });
  await dialog.getByRole("button", { name: t("create") }).click();
  await expect(dialog.getByRole("alert")).toContainText(texts("en", "problem")("offline"));
  await dialog.getByRole("button", { name: t("create") }).click();
  await expect(dialog.getByRole("textbox", { name: t("secret") })).toHaveValue(/./);
  await dialog.getByRole("button", { name: t("ok") }).click();
  await expect(row(page, "Once")).toHaveCount(1);
});

test("J-01 who is no Administrator is told so, and offered nothing", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  await w.key("Hidden");
  await signIn(page, w.members.ed);
  await page.goto(`./workspaces/${w.workspace.id}/keys`);
  await expect(page.getByRole("alert")).toContainText("workspace.manage_keys");
  await expect(page.getByRole("button", { name: t("create") })).toHaveCount(0);
  await expect(page.getByText("Hidden")).toHaveCount(0);
});

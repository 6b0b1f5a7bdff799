import { type Locator, type Page, request } from "@playwright/test";
import { apiURL, checkAccessibility, checkReflow, done, expect, shoot, signIn, soon, test } from "./support/test";
import { spoken, texts } from "./support/text";
import type { Person, World } from "./support/world";

const hostile = "<img src=x onerror=alert(1)>";

const nameOf = (p: Person) => `${p.last_name} ${p.first_name}`;
const fullName = (p: Person) => `${p.first_name} ${p.last_name}`;
const at = (p: Person) => ({ params: { path: { user: p.id } } });
const chief = (w: World<string>, language: string) => w.person("chief", { administrator: true, language });

/** Opens the page of somebody, and asks for his departure. */
async function open(page: Page, leo: Person, language = "en"): Promise<Locator> {
  const u = texts(language, "users");
  await page.goto(`./platform/users/${leo.id}`);
  await page.getByRole("button", { name: u("more"), exact: true }).click();
  await page.getByRole("menuitem", { name: u("delete") }).click();
  const dialog = page.getByRole("dialog", {
    name: texts(language, "members")("departure.userOf", { name: fullName(leo) }),
  });
  await expect(dialog).toBeVisible();
  return dialog;
}

/** Chooses who supervises a workspace in his place. */
async function succeed(page: Page, dialog: Locator, w: World<string>, who: Person, language = "en") {
  const t = texts(language, "members");
  await dialog
    .getByRole("combobox", { name: t("departure.successor", { workspace: w.workspace.name }) })
    .fill(who.username);
  await page.getByRole("listbox").getByRole("option").filter({ hasText: who.email }).click();
}

/** What is asked about what he owns in a workspace. */
const choice = (dialog: Locator, w: World<string>, language = "en") =>
  dialog.getByRole("group", {
    name: texts(language, "members")("departure.ownedIn", { workspace: w.workspace.name }),
  });

/** Chooses who owns in his place what he owned in a workspace. */
async function inherit(page: Page, dialog: Locator, w: World<string>, who: Person, language = "en") {
  await choice(dialog, w, language)
    .getByRole("combobox", { name: texts(language, "members")("departure.heir") })
    .click();
  await page.getByRole("listbox").getByRole("option").filter({ hasText: who.email }).click();
}

const write = (dialog: Locator, leo: Person, language = "en") =>
  dialog
    .getByRole("textbox", { name: texts(language, "common")("writeName", { name: leo.username }) })
    .fill(leo.username);

const node = (w: World<string>, resource: number) =>
  w.api.GET("/resources/{resource}", { params: { path: { resource } } });
const supervisor = async (w: World<string>) =>
  (await done(w.api.GET("/workspaces/{workspace}", { params: { path: { workspace: w.workspace.id } } }))).supervisor.id;

for (const language of spoken) {
  const t = texts(language, "members");
  const c = texts(language, "common");
  const role = language === "fr" ? "Éditeur" : "Editor";

  test.describe(`in ${language}`, () => {
    test("who supervises one workspace and owns things in another leaves: others have it, and nothing of him is left", async ({
      page,
      world,
    }) => {
      const mine = await world({ language, name: `Mine ${hostile} ${language}`, members: { eva: "Editor" } });
      const theirs = await world({ language, members: { zoe: "Editor", vic: "Viewer" } });
      const leo = mine.boss;
      const { eva } = mine.members;
      const { zoe, vic } = theirs.members;
      await theirs.join(leo, "Editor");
      await theirs.group(`Cartographers ${theirs.tag}`, leo);
      const archive = await mine.resource("Archive");
      const house = await theirs.resource("House", { owner: leo.num });
      const garden = await theirs.resource("Garden");
      await theirs.boss.api.POST("/resources/{resource}/rules", {
        params: { path: { resource: garden.num } },
        body: { effect: "allow", principal: leo.num, scope: "resource", permission: "change_permissions" },
      });
      const robot = await mine.key("Robot");
      const own = await done(leo.api.POST("/me/keys", { body: { title: "Own", expires: soon() } }));
      const browser = await request.newContext();
      await browser.post(`${apiURL()}/session`, {
        headers: { "X-Requested-With": "bailiwick" },
        data: { username: leo.username, password: leo.password },
      });
      const someone = await chief(mine, language);
      await signIn(page, someone);
      const dialog = await open(page, leo, language);

      // What is known before anything is decided.
      const goes = dialog.getByRole("region", { name: t("departure.goes") });
      await expect(goes).toContainText(t("departure.userAccount", { username: leo.username }));
      await expect(goes).toContainText(t("departure.membership", { workspace: theirs.workspace.name, roles: role }));
      await expect(goes).toContainText(t("departure.groups", { count: 1, names: `Cartographers ${theirs.tag}` }));
      await expect(goes).toContainText(t("departure.rules", { count: 1 }));
      await expect(goes).toContainText(t("departure.ended.keys", { count: 1 }));
      await expect(goes).toContainText(t("departure.ended.sessions", { count: 1 }));
      await expect(dialog.getByRole("alert").filter({ hasText: t("departure.blocked") })).toHaveCount(0);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `user-departure-${language}`);

      // It is not done before his name is written, and not before all is decided.
      const act = dialog.getByRole("button", { name: t("departure.userAct"), exact: true });
      await expect(act).toBeDisabled();
      await write(dialog, leo, language);
      await act.click();
      await expect(
        dialog.getByRole("combobox", { name: t("departure.successor", { workspace: mine.workspace.name }) }),
      ).toHaveAttribute("aria-invalid", "true");
      for (const w of [mine, theirs]) {
        await expect(choice(dialog, w, language).getByRole("combobox", { name: t("departure.heir") })).toHaveAttribute(
          "aria-invalid",
          "true",
        );
      }
      await done(mine.api.GET("/users/{user}", at(leo)));

      await succeed(page, dialog, mine, eva, language);
      await inherit(page, dialog, mine, eva, language);
      await choice(dialog, theirs, language)
        .getByRole("combobox", { name: t("departure.heir") })
        .click();
      await expect(page.getByRole("listbox").getByRole("option").filter({ hasText: vic.email })).toHaveCount(0); // a viewer owns nothing
      await page.getByRole("listbox").getByRole("option").filter({ hasText: zoe.email }).click();
      const stays = dialog.getByRole("region", { name: t("departure.stays") });
      await expect(stays).toContainText(t("departure.transferred", { count: 1, name: nameOf(zoe) }));
      await expect(stays).toContainText("House");
      await expect(stays).toContainText(t("departure.transferred", { count: 1, name: nameOf(eva) }));
      await expect(stays).toContainText("Archive");
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `user-departure-decided-${language}`);
      await act.click();
      await expect(page).toHaveURL(/\/platform\/users$/);
      await expect(page.getByText(t("departure.userDone", { name: fullName(leo) }))).toBeVisible();

      // Who was named has it.
      expect(await supervisor(mine)).toBe(eva.id);
      expect((await done(node(mine, archive.num))).owner).toBe(eva.num);
      expect((await done(node(theirs, house.num))).owner).toBe(zoe.num);
      // Nothing of him is left.
      await expect(mine.api.GET("/users/{user}", at(leo))).rejects.toThrow("404");
      expect((await done(mine.api.GET("/users", { params: { query: { q: leo.username } } }))).items).toEqual([]);
      await expect(leo.api.GET("/me")).rejects.toThrow("401");
      await expect(mine.api.with(own.secret ?? "").GET("/me")).rejects.toThrow("401");
      expect((await browser.get(`${apiURL()}/me`)).status()).toBe(401);
      await browser.dispose();
      for (const w of [mine, theirs]) {
        const params = { path: { workspace: w.workspace.id }, query: { limit: 200 } };
        const rules = await done(w.api.GET("/workspaces/{workspace}/rules", { params }));
        expect(rules.items.filter((r) => r.principal === leo.num)).toEqual([]);
        const members = await done(w.api.GET("/workspaces/{workspace}/members", { params }));
        expect(members.items.filter((m) => m.principal === leo.num)).toEqual([]);
      }
      const keys = await done(
        mine.api.GET("/workspaces/{workspace}/keys", {
          params: { path: { workspace: mine.workspace.id } },
        }),
      );
      expect(keys.items.map((k) => k.title)).toEqual([robot.title]); // it is the workspace's
    });

    test("what he owns goes where that is said, and is named before", async ({ page, world }) => {
      const w = await world({ language, members: { leo: "Editor" } });
      const { leo } = w.members;
      const house = await w.resource(`House ${hostile}`, { owner: leo.num });
      const cellar = await w.resource("Cellar", { parent: house.num });
      const someone = await chief(w, language);
      await signIn(page, someone);
      const dialog = await open(page, leo, language);
      await choice(dialog, w, language)
        .getByRole("checkbox", { name: t("departure.transfer") })
        .uncheck();
      await expect(choice(dialog, w, language).getByRole("alert")).toContainText(t("departure.deleteText"));
      const goes = dialog.getByRole("region", { name: t("departure.goes") });
      await expect(goes).toContainText(t("departure.deleted", { count: 1 }));
      await expect(goes).toContainText(`House ${hostile}`);
      await expect(goes).toContainText(t("departure.below", { count: 1 }));
      await checkAccessibility(page);
      await shoot(page, `user-departure-all-${language}`);
      const act = dialog.getByRole("button", { name: t("departure.userActAll") });
      await expect(act).toBeDisabled();
      await dialog.getByRole("textbox", { name: c("writeName", { name: leo.username }) }).fill("somebody else");
      await expect(act).toBeDisabled();
      await write(dialog, leo, language);
      await act.click();
      await expect(page).toHaveURL(/\/platform\/users$/);
      await expect(w.api.GET("/users/{user}", at(leo))).rejects.toThrow("404");
      for (const gone of [house, cellar]) {
        await expect(node(w, gone.num)).rejects.toThrow("404");
      }
    });

    test("what changed since it was shown is told, and nothing is done before it was looked at", async ({
      page,
      world,
    }) => {
      const w = await world({ language, members: { leo: "Editor", eva: "Editor" } });
      const { leo, eva } = w.members;
      await signIn(page, await chief(w, language));
      const dialog = await open(page, leo, language);
      await write(dialog, leo, language);
      const act = dialog.getByRole("button", { name: t("departure.userAct"), exact: true });
      await expect(act).toBeEnabled();
      const changed = dialog.getByRole("alert").filter({ hasText: t("departure.changed") });
      // Meanwhile he joins a group, which stands against nothing.
      await w.group(`Late comers ${w.tag}`, leo);
      await act.click();
      await expect(changed).toContainText(t("departure.changedText"));
      await expect(dialog.getByRole("region", { name: t("departure.goes") })).toContainText(`Late comers ${w.tag}`);
      await done(w.api.GET("/users/{user}", at(leo)));
      // Then he comes to own something, and to supervise a workspace.
      const barn = await w.resource("Barn", { owner: leo.num });
      const second = await done(
        w.api.POST("/workspaces", {
          body: {
            name: `Second ${w.tag}`,
            technical_name: `s-${w.tag}`,
            organization: w.organization.id,
            supervisor: leo.id,
          },
        }),
      );
      await act.click();
      await expect(choice(dialog, w, language)).toBeVisible();
      await expect(changed).toContainText(t("departure.changedText"));
      await done(w.api.GET("/users/{user}", at(leo)));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `user-departure-changed-${language}`);
      await succeed(page, dialog, { ...w, workspace: second }, eva, language);
      await inherit(page, dialog, w, eva, language);
      await expect(dialog.getByRole("region", { name: t("departure.stays") })).toContainText("Barn");
      await act.click();
      await expect(page).toHaveURL(/\/platform\/users$/);
      await expect(w.api.GET("/users/{user}", at(leo))).rejects.toThrow("404");
      expect(await supervisor({ ...w, workspace: second })).toBe(eva.id);
      expect((await done(node(w, barn.num))).owner).toBe(eva.num);
    });

    test("he himself, or who is disabled, is no successor, and it is said why", async ({ page, world }) => {
      const w = await world({ language });
      const leo = w.boss;
      await signIn(page, await chief(w, language));
      const dialog = await open(page, leo, language);
      await write(dialog, leo, language);
      await succeed(page, dialog, w, leo, language);
      await expect(dialog.getByRole("alert").filter({ hasText: t("departure.blocked") })).toContainText(
        t("departure.blocker.successor", { workspace: w.workspace.name }),
      );
      await expect(dialog.getByRole("button", { name: t("departure.userAct"), exact: true })).toBeDisabled();
      await checkAccessibility(page);
      expect(await supervisor(w)).toBe(leo.id);
    });
  });
}

test("nobody is offered to delete himself, and who does not administer the platform nobody at all", async ({
  page,
  world,
}) => {
  const u = texts("en", "users");
  const w = await world();
  const someone = await chief(w, "en");
  await signIn(page, someone);
  await page.goto(`./platform/users/${someone.id}`);
  await page.getByRole("button", { name: u("more"), exact: true }).click();
  await expect(page.getByRole("menuitem", { name: u("kick") })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: u("delete") })).toHaveCount(0);
  await signIn(page, w.boss);
  await page.goto(`./platform/users/${someone.id}`);
  await expect(page.getByRole("main").getByRole("alert")).toBeVisible();
  await expect(page.getByRole("button", { name: u("more"), exact: true })).toHaveCount(0);
});

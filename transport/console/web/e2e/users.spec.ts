import { type Page, request } from "@playwright/test";
import { apiURL, checkAccessibility, checkReflow, done, expect, password, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";
import type { Person, World } from "./support/world";

const hostile = "<img src=x onerror=alert(1)>";

const chief = (w: World<string>, language: string) => w.person("chief", { administrator: true, language });
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });
const at = (who: { id: string }) => ({ params: { path: { user: who.id } } });
const columns = ["name", "username", "email", "state", "power", "lastLogin"];

/** come signs somebody in with a program, as often as is said. */
async function come(who: Person, program: string, times = 1): Promise<void> {
  for (let i = 0; i < times; i++) {
    const own = await request.newContext({ userAgent: program }); // a session each
    const answer = await own.post(`${apiURL()}/session`, {
      headers: { "X-Requested-With": "bailiwick" },
      data: { username: who.username, password: who.password },
    });
    expect(answer.status()).toBe(200);
    await own.dispose();
  }
}

for (const language of spoken) {
  const t = texts(language, "users");
  const c = texts(language, "common");
  const table = texts(language, "table");

  test.describe(`in ${language}`, () => {
    test("J-13 users are listed by name, state and power; each column has its menu", async ({ page, world }) => {
      const w = await world({ language });
      const ada = await w.person("ada", { first_name: hostile });
      const robot = await w.person("robot", { technical: true });
      await w.api.POST("/users/{user}/disable", at(ada));
      const me = await chief(w, language);
      await signIn(page, me);
      await page.goto(`./platform/users?q=${w.tag}`);
      await expect(row(page, ada.email)).toContainText(hostile);
      for (const [who, acts] of [
        [ada, [t("open"), t("enable")]],
        [robot, [t("open"), t("disable")]],
        [me, [t("open")]], // nobody disables himself
      ] as const) {
        await row(page, who.email).getByRole("button").last().click();
        await expect(page.getByRole("menuitem")).toHaveText([...acts]);
        await page.keyboard.press("Escape");
        await expect(page.getByRole("menuitem")).toHaveCount(0);
      }
      await expect(row(page, ada.email)).toContainText(t("disabled"));
      for (const column of columns) {
        await expect(
          page.getByRole("button", { name: table("menuOf", { column: t(column) }), exact: true }),
        ).toBeVisible();
      }
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `users-${language}`);
      await page.getByRole("button", { name: table("menuOf", { column: t("state") }), exact: true }).click();
      await page.getByRole("menuitem", { name: table("only", { value: t("disabled") }) }).click();
      await expect(row(page, robot.email)).toHaveCount(0);
      await expect(row(page, ada.email)).toBeVisible();
      // What is not shown at first is shown by a column's menu, and filters as well.
      await page.goto(`./platform/users?q=${w.tag}`);
      await page.getByRole("button", { name: table("menuOf", { column: t("name") }), exact: true }).click();
      await page.getByRole("menuitem", { name: table("show", { column: t("kind") }) }).click();
      await page.getByRole("button", { name: table("menuOf", { column: t("kind") }), exact: true }).click();
      await page.getByRole("menuitem", { name: table("only", { value: t("service") }) }).click();
      await expect(row(page, robot.email)).toBeVisible();
      await expect(row(page, ada.email)).toHaveCount(0);
    });

    test("one is made, changed, and given a password", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, await chief(w, language));
      await page.goto("./platform/users");
      await page.getByRole("button", { name: t("create") }).click();
      const dialog = page.getByRole("dialog", { name: t("create") });
      await dialog.getByRole("textbox", { name: t("username") }).fill(w.boss.username);
      await dialog.getByRole("textbox", { name: t("email") }).fill("nobody");
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog.getByText(t("emailRule"))).toBeVisible();
      await dialog.getByRole("textbox", { name: t("email") }).fill(`new-${w.tag}@example.org`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog.getByText(texts(language, "problem")("taken"))).toBeVisible();
      await dialog.getByRole("textbox", { name: t("username") }).fill(`new-${w.tag}`);
      await dialog.getByRole("textbox", { name: t("firstName") }).fill(hostile);
      await checkAccessibility(page);
      await shoot(page, `user-create-${language}`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(page.getByRole("heading", { level: 1, name: hostile })).toBeVisible();
      const [made] = (await done(w.api.GET("/users", { params: { query: { q: `new-${w.tag}` } } }))).items;

      await page.getByRole("button", { name: t("modify"), exact: true }).click();
      const modify = page.getByRole("dialog");
      await modify.getByRole("textbox", { name: t("lastName") }).fill("Lovelace");
      await modify.getByRole("checkbox", { name: t("isTechnical") }).check();
      await checkAccessibility(page);
      await shoot(page, `user-modify-${language}`);
      await modify.getByRole("button", { name: c("save") }).click();
      await expect(page.getByRole("heading", { level: 1, name: `${hostile} Lovelace` })).toBeVisible();

      await page.getByRole("button", { name: t("more"), exact: true }).click();
      await page.getByRole("menuitem", { name: t("setPassword") }).click();
      const set = page.getByRole("dialog");
      await set.getByLabel(t("password")).first().fill("short");
      await set.getByRole("checkbox").check();
      await set.getByRole("button", { name: t("setPassword") }).click();
      await expect(set.getByText(/at least 15 characters/)).toBeVisible();
      await set.getByLabel(t("password")).first().fill(password);
      await checkAccessibility(page);
      await shoot(page, `user-password-${language}`);
      await set.getByRole("button", { name: t("setPassword") }).click();
      await expect(set).toBeHidden();
      await expect(w.api.as(made?.username ?? "", password).GET("/me")).resolves.toBeTruthy();
    });

    test("a user's page: who he is, what he belongs to, where he is signed in; ending that", async ({
      page,
      world,
    }) => {
      const w = await world({ language, members: { ed: "Editor" } });
      const { ed } = w.members;
      await come(ed, "Mozilla/5.0 (Specs)", 2);
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/users/${ed.id}`);
      await expect(row(page, w.workspace.name)).toContainText(language === "en" ? "Editor" : "Éditeur");
      await expect(row(page, "Mozilla/5.0 (Specs)")).toHaveCount(2);
      await expect(page.getByRole("textbox", { name: t("identifier") })).toHaveValue(ed.id);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `user-${language}`);
      await page.getByRole("button", { name: t("more"), exact: true }).click();
      await page.getByRole("menuitem", { name: t("kick") }).click();
      const dialog = page.getByRole("dialog");
      await expect(dialog).toContainText(t("kickText"));
      await checkAccessibility(page);
      await shoot(page, `user-kick-${language}`);
      await dialog.getByRole("button", { name: t("kick") }).click();
      await expect(page.getByText(t("kicked", { count: 2 }))).toBeVisible();
      await expect(page.getByText(t("noSessions"))).toBeVisible();

      await page
        .getByRole("button", { name: /^(Change|Modifier) / })
        .first()
        .click();
      await page
        .getByRole("dialog")
        .getByRole("textbox", { name: t("limit") })
        .fill("7");
      await checkAccessibility(page);
      await page
        .getByRole("dialog")
        .getByRole("button", { name: c("save") })
        .click();
      await expect
        .poll(async () => (await done(w.api.GET("/users/{user}/allocations", at(ed)))).items.map((a) => a.limit))
        .toContain(7);
    });

    test("disabling says what it means, and why it cannot be", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor" } });
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/users?q=${w.tag}`);
      for (const who of [w.boss, w.members.ed]) {
        await page
          .getByRole("checkbox", { name: table("select", { name: `${who.last_name} ${who.first_name}` }) })
          .check();
      }
      await page
        .getByRole("toolbar")
        .getByRole("button", { name: t("disable") })
        .click();
      const dialog = page.getByRole("dialog", { name: t("disableTitle", { count: 2 }) });
      await expect(dialog).toContainText(t("disableText"));
      await dialog.getByRole("button", { name: t("disable"), exact: true }).click();
      // Who supervises a workspace cannot be; the other one is.
      await expect(dialog.getByRole("alert")).toContainText(w.boss.first_name);
      await checkAccessibility(page);
      await shoot(page, `users-disable-${language}`);
      await dialog
        .getByRole("button", { name: c("close") })
        .last()
        .click();
      expect((await done(w.api.GET("/users/{user}", at(w.members.ed)))).disabled).toBe(true);
      expect((await done(w.api.GET("/users/{user}", at(w.boss)))).disabled).toBe(false);
      await page.goto(`./platform/users/${w.members.ed.id}`);
      await expect(page.getByRole("alert").filter({ hasText: t("isDisabled") })).toBeVisible();
      await page.getByRole("button", { name: t("more"), exact: true }).click();
      await page.getByRole("menuitem", { name: t("enable"), exact: true }).click();
      await page
        .getByRole("dialog")
        .getByRole("button", { name: t("enable"), exact: true })
        .click();
      await expect(page.getByRole("alert").filter({ hasText: t("isDisabled") })).toHaveCount(0);
    });

    test("J-46 J-47 deleting a user wants the name and takes the account away for good", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor" } });
      const { ed } = w.members;
      const m = texts(language, "members");
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/users/${ed.id}`);
      await page.getByRole("button", { name: t("more"), exact: true }).click();
      await page.getByRole("menuitem", { name: t("delete") }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("textbox").last().fill(ed.username);
      await expect(dialog).toContainText(w.workspace.name);
      await checkAccessibility(page);
      await shoot(page, `user-delete-${language}`);
      await dialog.getByRole("button", { name: m("departure.userAct") }).click();
      await expect(page).toHaveURL(/\/platform\/users$/);
      await expect(w.api.GET("/users/{user}", at(ed))).rejects.toThrow("404");
      await expect(ed.api.GET("/me")).rejects.toThrow("401");
    });

    test("logins are counted by program and workspace, people once, and plotted", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor", lea: "Viewer" } });
      await come(w.members.ed, "Mozilla/5.0 (Specs)", 3);
      await come(w.members.lea, "Mozilla/5.0 (Specs)");
      await come(w.members.ed, "Revit/2026");
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/logins?workspace=${w.workspace.id}`);
      const counts = page.getByRole("table", { name: `${t("logins")}: ${t("byWorkspace")}` });
      await expect(counts.getByRole("row").filter({ hasText: t("clients.browser") })).toContainText("4");
      await expect(counts.getByRole("row").filter({ hasText: "Revit" })).toContainText("1");
      const people = page.getByRole("table", { name: `${t("logins")}: ${t("people")}` });
      await expect(people.getByRole("row").filter({ hasText: w.workspace.name })).toContainText("2");
      await expect(page.locator("dl").filter({ hasText: t("allLogins") })).toContainText("5");
      await expect(page.locator(".recharts-surface").first()).toBeAttached();
      // Who does not see the picture reads the same numbers.
      await page.getByRole("button", { name: new RegExp(`\\(${t("course")}\\)`) }).click();
      const numbers = page.getByRole("table", { name: t("course"), exact: true });
      await expect(numbers.getByRole("row").nth(1)).toContainText("4");
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `logins-${language}`);
      await page.getByRole("combobox", { name: t("client"), exact: true }).click();
      await page.getByRole("option", { name: "Revit" }).click();
      await expect(page).toHaveURL(/client=Revit/);
      await expect(page.locator("dl").filter({ hasText: t("allLogins") })).toContainText("1");
      // Days before there was anybody.
      await page.goto(`./platform/logins?workspace=${w.workspace.id}&from=2020-01-01&to=2020-02-01`);
      await expect(page.getByText(t("noLogins")).first()).toBeVisible();
      await page.getByRole("button", { name: t("lastDays", { days: 7 }), exact: true }).click();
      await expect(counts.getByRole("row").filter({ hasText: "Revit" })).toBeVisible();
    });
  });
}

const t = texts("en", "users");

test("with the keyboard alone a user is disabled", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  await signIn(page, await chief(w, "en"));
  await page.goto(`./platform/users/${w.members.ed.id}`);
  await page.getByRole("button", { name: t("more"), exact: true }).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("dis");
  for (
    let i = 0;
    i < 5 && !(await page.getByRole("menuitem", { name: t("disable") }).evaluate((e) => e === document.activeElement));
    i++
  ) {
    await page.keyboard.press("ArrowDown");
  }
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("alert").filter({ hasText: t("isDisabled") })).toBeVisible();
});

test("who may not manage users is told so", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  await signIn(page, w.members.ed);
  await page.goto("./platform/users");
  await expect(page.getByRole("main").getByRole("alert")).toContainText("platform.manage_users");
  await expect(page.getByRole("button", { name: t("create") })).toHaveCount(0);
});

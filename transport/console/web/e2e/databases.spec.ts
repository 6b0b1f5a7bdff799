import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Locator, Page } from "@playwright/test";
import { checkAccessibility, checkReflow, done, expect, person, shoot, signIn, test } from "./support/test";
import { escaped, spoken, texts } from "./support/text";
import type { World } from "./support/world";

/** chief is an administrator of the platform of his own, who speaks a language. */
const chief = (w: World<string>, language: string) => w.person("chief", { administrator: true, language });

/** database makes a database of a world's organization. */
async function database(w: World<string>, name = `d-${w.tag}`): Promise<string> {
  await w.api.POST("/databases", { body: { organization: w.organization.id, name } });
  return name;
}

/** use has the workspace of a world use a database. */
async function use(w: World<string>, name: string): Promise<void> {
  await w.api.PUT("/workspaces/{workspace}/database", {
    params: { path: { workspace: w.workspace.id } },
    body: { database: name },
  });
}

const backups = async (w: World<string>, name: string) =>
  (await done(w.api.GET("/databases/{database}/backups", { params: { path: { database: name } } }))).items;

const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });

/** act opens the menu of a row, or of a page, and chooses. */
async function choose(page: Page, menu: Locator, item: string): Promise<void> {
  await menu.click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

for (const language of spoken) {
  const t = texts(language, "databases");
  const c = texts(language, "common");
  const table = texts(language, "table");

  test.describe(`in ${language}`, () => {
    test("the list: size, state, lock; filters, menus, and a new database from a template", async ({ page, world }) => {
      const w = await world({ language });
      const first = await database(w);
      await database(w, `e-${w.tag}`);
      await w.api.POST("/databases/{database}/lock", { params: { path: { database: first } } });
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/databases?q=${w.tag}`);
      await expect(page.getByRole("heading", { level: 1, name: t("title") })).toBeVisible();
      await expect(row(page, first)).toContainText(t("states.ready"));
      await expect(row(page, first)).toContainText(t("locked"));
      await expect(row(page, first)).toContainText(w.organization.name);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `databases-${language}`);
      for (const [name, act, other] of [
        [first, t("unlock"), t("lock")],
        [`e-${w.tag}`, t("lock"), t("unlock")],
      ] as const) {
        await row(page, name).getByRole("button").last().click();
        await expect(page.getByRole("menuitem", { name: act, exact: true })).toBeVisible();
        await expect(page.getByRole("menuitem", { name: other, exact: true })).toHaveCount(0);
        await page.keyboard.press("Escape");
        await expect(page.getByRole("menuitem")).toHaveCount(0);
      }

      await page.getByRole("button", { name: table("menuOf", { column: t("state") }), exact: true }).click();
      await page.getByRole("menuitem", { name: table("only", { value: t("unlocked") }) }).click();
      await expect(row(page, first)).toHaveCount(0);
      await expect(row(page, `e-${w.tag}`)).toBeVisible();

      await page.getByRole("button", { name: t("create") }).click();
      const dialog = page.getByRole("dialog", { name: t("createTitle") });
      await dialog.getByRole("textbox", { name: t("name") }).fill("9 lives");
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog.getByText(t("nameRule"))).toHaveCount(2); // the rule, and that it is not kept
      await dialog.getByRole("combobox", { name: t("organization") }).fill(w.organization.name);
      await page.getByRole("option", { name: w.organization.name }).click();
      await dialog.getByRole("textbox", { name: t("name") }).fill(first);
      await dialog.getByRole("combobox", { name: t("template") }).click();
      await page.getByRole("option", { name: first, exact: true }).click();
      await checkAccessibility(page);
      await shoot(page, `database-create-${language}`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog.getByText(texts(language, "problem")("taken"))).toBeVisible();
      await dialog.getByRole("textbox", { name: t("name") }).fill(`f-${w.tag}`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(page.getByRole("heading", { level: 1, name: `f-${w.tag}` })).toBeVisible();
      await expect(page.locator("dd").filter({ hasText: first })).toBeVisible();
    });

    test("a database: who uses it, locking names whom it concerns, ending sessions", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor" } });
      const name = await database(w);
      await use(w, name);
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/databases/${name}`);
      await expect(page.getByRole("table", { name: t("users") })).toContainText(w.workspace.name);
      await expect(page.locator("dd").filter({ hasText: t("states.ready") })).toBeVisible();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `database-${language}`);

      const more = page.getByRole("button", { name: t("moreActions"), exact: true });
      await choose(page, more, t("lock"));
      const dialog = page.getByRole("dialog", { name: t("lockTitle", { name }) });
      await expect(dialog).toContainText(w.workspace.name);
      await expect(dialog).toContainText(t("lockSessions", { sessions: 0 }));
      await checkAccessibility(page);
      await shoot(page, `database-lock-${language}`);
      await dialog.getByRole("button", { name: t("lock"), exact: true }).click();
      await expect(page.getByText(t("lockedOf", { name, members: 2 }))).toBeVisible();
      await expect(page.getByRole("alert").filter({ hasText: t("isLocked") })).toBeVisible();
      expect((await done(w.api.GET("/databases/{database}", { params: { path: { database: name } } }))).locked).toBe(
        true,
      );

      await choose(page, more, t("end"));
      const end = page.getByRole("dialog", { name: t("endTitle", { name }) });
      await expect(end).toContainText(t("endLockedText"));
      await expect(end).toContainText(t("sessionsNow", { sessions: 0 }));
      await end.getByRole("button", { name: t("end"), exact: true }).click();
      await expect(page.getByText(t("ended", { sessions: 0 }))).toBeVisible();

      await choose(page, more, t("unlock"));
      await page
        .getByRole("dialog")
        .getByRole("button", { name: t("unlock"), exact: true })
        .click();
      await expect(page.getByText(t("unlockedOf", { name, members: 2 }))).toBeVisible();
    });

    test("back up now: a bar while the server works, then the backup is in the list and can be downloaded", async ({
      page,
      world,
    }) => {
      const w = await world({ language });
      const name = await database(w);
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/databases/${name}`);
      await expect(page.getByText(t("noBackups"), { exact: true })).toBeVisible();
      let answer: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        answer = resolve;
      });
      await page.route("**/backups", async (route) => {
        if (route.request().method() === "POST") {
          await held;
        }
        await route.continue();
      });
      await page.getByRole("button", { name: t("backUp") }).click();
      const dialog = page.getByRole("dialog", { name: t("backUpTitle", { name }) });
      await dialog.getByRole("button", { name: t("backUp") }).click();
      await expect(dialog.getByRole("progressbar", { name: t("backingUp") })).toBeVisible();
      await expect(dialog).toContainText(t("elapsed", { time: "0:01" }));
      await checkAccessibility(page);
      await shoot(page, `database-backup-${language}`);
      // Who closes it is told all the same.
      await dialog
        .getByRole("button", { name: c("close") })
        .last()
        .click();
      answer();
      await expect(page.getByText(new RegExp(`${escaped(name)}-\\d+T\\d+Z\\.backup \\(`))).toBeVisible();
      const [kept] = await backups(w, name);
      const link = page.getByRole("link", { name: kept?.name });
      const [download] = await Promise.all([page.waitForEvent("download"), link.click()]);
      expect(download.suggestedFilename()).toBe(kept?.name);
      expect(
        readFileSync(await download.path())
          .subarray(0, 15)
          .toString(),
      ).toMatch(/^(SQLite format 3|PGDMP)/);
      const [copy] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: t("downloadCopy") }).click(),
      ]);
      expect(copy.suggestedFilename()).toMatch(new RegExp(`^${name}-.*\\.backup$`));

      await choose(
        page,
        row(page, kept?.name ?? "")
          .getByRole("button")
          .last(),
        c("info"),
      );
      await expect(page.getByRole("dialog").getByRole("textbox", { name: t("digest") })).toHaveValue(
        kept?.sha256 ?? "none",
      );
      await checkAccessibility(page);
      await shoot(page, `backup-info-${language}`);
    });

    test("restore from a kept backup: what is lost is said, the name is wanted, what is there is backed up first", async ({
      page,
      world,
    }) => {
      const w = await world({ language });
      const name = await database(w);
      await use(w, name);
      const kept = await done(w.api.POST("/databases/{database}/backups", { params: { path: { database: name } } }));
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/databases/${name}`);
      await choose(page, row(page, kept.name).getByRole("button").last(), t("restoreFrom"));
      const dialog = page.getByRole("dialog", { name: t("restoreTitle", { name }) });
      await expect(dialog).toContainText(t("restoreLost"));
      await expect(dialog).toContainText(kept.name);
      await expect(dialog).toContainText(w.workspace.name);
      const act = dialog.getByRole("button", { name: t("restore"), exact: true });
      await expect(act).toBeDisabled();
      await dialog.getByRole("textbox").fill(name);
      await expect(act).toBeEnabled();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `database-restore-${language}`);
      await act.click();
      await expect(page.getByText(t("restored", { name }))).toBeVisible();
      await expect(dialog).toBeHidden();
      expect(await backups(w, name)).toHaveLength(2);
    });

    test("restore from a file: how much is there is shown, another file is refused in place", async ({
      page,
      world,
      complaints,
    }) => {
      complaints.expect(/status of 409|status of 400/);
      const w = await world({ language });
      const name = await database(w);
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/databases/${name}`);
      const [copy] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("link", { name: t("downloadCopy") }).click(),
      ]);
      const dir = mkdtempSync(join(tmpdir(), "bailiwick-databases-"));
      try {
        const good = join(dir, "good.backup");
        const bad = join(dir, "<img src=x onerror=alert(1)>.backup");
        writeFileSync(good, readFileSync(await copy.path()));
        writeFileSync(bad, "no backup".repeat(1000));
        await choose(page, page.getByRole("button", { name: t("moreActions"), exact: true }), t("restoreFile"));
        const dialog = page.getByRole("dialog", { name: t("restoreTitle", { name }) });
        const act = dialog.getByRole("button", { name: t("restore"), exact: true });
        const input = page.locator("input[type=file]");
        await input.setInputFiles(bad);
        await expect(dialog).toContainText("<img src=x onerror=alert(1)>.backup");
        await dialog.getByRole("checkbox", { name: t("backUpFirst") }).uncheck();
        await dialog.getByRole("textbox", { name: c("writeName", { name }) }).fill(name);
        await shoot(page, `database-restore-file-${language}`);
        await act.click();
        await expect(
          dialog.getByRole("alert").filter({ hasText: texts(language, "problem")("no_backup") }),
        ).toBeVisible();
        await checkAccessibility(page);
        await input.setInputFiles(good);
        const sent = page.waitForRequest((r) => r.method() === "POST" && r.url().endsWith("/restore"));
        await act.click();
        expect((await sent).headers()["x-requested-with"]).toBe("bailiwick");
        await expect(page.getByText(t("restored", { name }))).toBeVisible();
      } finally {
        rmSync(dir, { recursive: true, force: true });
      }
    });

    test("rename says who notices; delete names the backups and wants the name", async ({ page, world }) => {
      const w = await world({ language });
      const name = await database(w);
      const to = `n-${w.tag}`;
      await w.api.POST("/databases/{database}/backups", { params: { path: { database: name } } });
      await use(w, name);
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/databases/${name}`);
      const more = page.getByRole("button", { name: t("moreActions"), exact: true });
      await choose(page, more, t("rename"));
      const rename = page.getByRole("dialog", { name: t("renameTitle", { name }) });
      await expect(rename).toContainText(t("renameText"));
      await rename.getByRole("textbox", { name: t("newName") }).fill(to);
      await checkAccessibility(page);
      await shoot(page, `database-rename-${language}`);
      await rename.getByRole("button", { name: t("rename") }).click();
      await expect(page.getByRole("heading", { level: 1, name: to })).toBeVisible();
      await expect(page).toHaveURL(new RegExp(`/platform/databases/${to}$`));

      await choose(page, more, c("delete"));
      const dialog = page.getByRole("dialog", { name: t("deleteTitle", { name: to }) });
      await expect(dialog).toContainText(t("goesBackups", { count: 1 }));
      await expect(dialog).toContainText(t("deleteUsed")); // it is used
      const act = dialog.getByRole("button", { name: t("delete") });
      await dialog.getByRole("textbox").fill(to);
      await act.click();
      await expect(dialog.getByRole("alert").filter({ hasText: texts(language, "problem")("in_use") })).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `database-delete-${language}`);
      await w.api.PUT("/workspaces/{workspace}/database", {
        params: { path: { workspace: w.workspace.id } },
        body: { database: null },
      });
      await act.click();
      await expect(page).toHaveURL(/\/platform\/databases$/);
      await expect(page.getByText(t("deleted", { name: to }))).toBeVisible();
    });

    test("backups are deleted one by one and several at once", async ({ page, world }) => {
      const w = await world({ language });
      const name = await database(w);
      for (let i = 0; i < 3; i++) {
        await w.api.POST("/databases/{database}/backups", { params: { path: { database: name } } });
      }
      const kept = await backups(w, name);
      await signIn(page, await chief(w, language));
      await page.goto(`./platform/databases/${name}`);
      await choose(
        page,
        row(page, kept[0]?.name ?? "")
          .getByRole("button")
          .last(),
        c("delete"),
      );
      await page
        .getByRole("dialog")
        .getByRole("button", { name: c("delete"), exact: true })
        .click();
      await expect(row(page, kept[0]?.name ?? "")).toHaveCount(0);
      await page.getByRole("checkbox", { name: table("selectPage") }).check();
      await page
        .getByRole("toolbar")
        .getByRole("button", { name: c("delete"), exact: true })
        .click();
      const dialog = page.getByRole("dialog", { name: t("deleteBackups", { count: 2 }) });
      await expect(dialog).toContainText(kept[1]?.name ?? "");
      await checkAccessibility(page);
      await shoot(page, `backups-delete-${language}`);
      await dialog.getByRole("button", { name: c("delete"), exact: true }).click();
      await expect(page.getByText(t("noBackups"), { exact: true })).toBeVisible();
      expect(await backups(w, name)).toHaveLength(0);
    });

    test("a workspace chooses its database, and its members are told once how they connect", async ({
      page,
      world,
    }) => {
      const w = await world({ language, name: "<b>Gare</b>" });
      const name = await database(w);
      await signIn(page, await chief(w, language));
      await page.goto(`./workspaces/${w.workspace.id}/databases`);
      await expect(page.getByRole("heading", { name: t("noDatabase") })).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `workspace-no-database-${language}`);
      await page.getByRole("button", { name: t("choose") }).click();
      const dialog = page.getByRole("dialog", { name: t("changeTitle", { name: "<b>Gare</b>" }) });
      await dialog.getByRole("combobox", { name: t("database") }).click();
      await page.getByRole("option", { name }).click();
      await checkAccessibility(page);
      await shoot(page, `workspace-choose-database-${language}`);
      await dialog.getByRole("button", { name: c("save") }).click();
      await expect(page.getByRole("heading", { level: 1, name: t("ofWorkspaceNamed", { name }) })).toBeVisible();
      await expect(page.getByRole("table", { name: t("users") })).toContainText("<b>Gare</b>");
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `workspace-database-${language}`);

      // Another is found by its name, on the server, beside the one that there is.
      const other = await database(w, `o-${w.tag}`);
      await database(w, `p-${w.tag}`);
      await page.getByRole("button", { name: t("change") }).click();
      const field = dialog.getByRole("combobox", { name: t("database") });
      await expect(field).toHaveValue(name);
      await field.fill(other);
      await expect(page.getByRole("listbox").getByRole("option")).toHaveText([name, other]);
      await dialog.getByRole("button", { name: c("cancel") }).click();
      await expect(dialog).toHaveCount(0);

      await page.getByRole("button", { name: t("connect") }).click();
      const access = page.getByRole("dialog", { name: t("accessTitle", { name }) });
      await expect(access).toContainText(t("accessText"));
      await access.getByRole("button", { name: t("accessAct") }).click();
      await expect(access.getByRole("textbox", { name: t("address") })).not.toHaveValue("");
      await checkAccessibility(page);
      await shoot(page, `workspace-database-access-${language}`);
    });
  });
}

const t = texts("en", "databases");

test("a password that is told once is not lost by Escape", async ({ page, world }) => {
  const w = await world();
  const name = await database(w);
  await use(w, name);
  await page.route("**/database/access", (route) =>
    route.fulfill({
      json: { database: name, address: `postgres://u:s3cret@h/${name}`, username: "u", password: "s3cret" },
    }),
  );
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/databases`);
  await page.getByRole("button", { name: t("connect") }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: t("accessAct") }).click();
  await expect(dialog.getByRole("textbox", { name: t("password") })).toHaveValue("s3cret");
  await expect(dialog).toContainText(t("accessOnce"));
  await page.keyboard.press("Escape");
  await expect(dialog).toBeVisible();
  await checkAccessibility(page);
  await shoot(page, "workspace-database-password");
  await dialog.getByRole("button", { name: t("accessKept") }).click();
  await expect(dialog).toBeHidden();
});

test("how far a file is is shown, and who gives up loses nothing", async ({ page, world }) => {
  const w = await world();
  const name = await database(w);
  await signIn(page, await chief(w, "en"));
  await page.goto(`./platform/databases/${name}`);
  await page.getByRole("button", { name: t("moreActions"), exact: true }).click();
  await page.getByRole("menuitem", { name: t("restoreFile") }).click();
  const dialog = page.getByRole("dialog");
  await page
    .locator("input[type=file]")
    .setInputFiles({ name: "large.backup", mimeType: "application/octet-stream", buffer: Buffer.alloc(10_000_000) });
  await dialog.getByRole("checkbox", { name: t("backUpFirst") }).uncheck();
  await dialog.getByRole("textbox", { name: `Write ${name} to confirm` }).fill(name);
  const session = await page.context().newCDPSession(page);
  await session.send("Network.enable");
  await session.send("Network.emulateNetworkConditions", {
    offline: false,
    latency: 0,
    downloadThroughput: -1,
    uploadThroughput: 200_000,
  });
  await dialog.getByRole("button", { name: t("restore"), exact: true }).click();
  const bar = dialog.getByRole("progressbar");
  await expect.poll(async () => Number(await bar.getAttribute("aria-valuenow"))).toBeGreaterThan(5);
  await expect(dialog).toContainText(/of 10 MB are there/);
  await dialog.getByRole("button", { name: t("giveUp") }).click();
  await expect(bar).toBeHidden();
  await expect(dialog.getByRole("alert").filter({ hasText: /could not/ })).toHaveCount(0);
  const now = await done(w.api.GET("/databases/{database}", { params: { path: { database: name } } }));
  expect(now.state).toBe("ready");
});

test("with the keyboard alone a database is backed up", async ({ page, world }) => {
  const w = await world();
  const name = await database(w);
  await signIn(page, await chief(w, "en"));
  await page.goto(`./platform/databases/${name}`);
  await page.getByRole("button", { name: t("backUp") }).focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("button", { name: t("backUp") })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog")).toBeHidden();
  await expect(page.getByRole("button", { name: t("backUp") })).toBeFocused();
  expect(await backups(w, name)).toHaveLength(1);
});

test("only what somebody may is offered", async ({ page, world, another }) => {
  const w = await world({ members: { ed: "Editor" } });
  const name = await database(w);
  await use(w, name);
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/databases`);
  await expect(page.getByRole("button", { name: t("backUp") })).toBeVisible();
  await expect(page.getByRole("button", { name: t("change") })).toHaveCount(0);
  await page.getByRole("button", { name: t("moreActions"), exact: true }).click();
  await expect(page.getByRole("menuitem")).toHaveText([t("lock"), t("end")]);

  const other = await another();
  await signIn(other, await person(w.tag, "nobody"));
  await other.goto(`./platform/databases/${name}`);
  await expect(other.getByRole("main").getByRole("alert")).toContainText(texts("en", "problem")("not_found"));
});

test("a backup that fails says why, and can be tried again", async ({ page, world, complaints }) => {
  complaints.expect(/status of 409/);
  const w = await world();
  const name = await database(w);
  await w.api.PATCH("/organizations/{organization}", {
    params: { path: { organization: w.organization.id } },
    body: { databases_quota: 5000 },
  });
  await signIn(page, await chief(w, "en"));
  await page.goto(`./platform/databases/${name}`);
  await page.getByRole("button", { name: t("backUp") }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: t("backUp") }).click();
  await expect(dialog.getByRole("alert")).toContainText("5,000");
  await w.api.PATCH("/organizations/{organization}", {
    params: { path: { organization: w.organization.id } },
    body: { databases_quota: null },
  });
  await dialog.getByRole("button", { name: t("backUp") }).click();
  await expect(dialog).toBeHidden();
});

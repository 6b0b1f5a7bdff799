import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "@playwright/test";
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { escaped, spoken, texts } from "./support/text";

const roleOf = { en: "Viewer", fr: "Visualisateur" } as const;
const editorOf = { en: "Editor", fr: "Éditeur" } as const;

/** letters are the mails that were written to an address. */
function letters(to: string): string[] {
  const folder = process.env.BAILIWICK_E2E_MAIL ?? "";
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((f) => f.isFile())
    .map((f) => readFileSync(join(f.parentPath, f.name), "utf8"))
    .filter((text) => text.includes(to));
}

async function open(page: Page, workspace: string, rest = ""): Promise<void> {
  await page.goto(`./workspaces/${workspace}/invitations${rest}`);
  await expect(page.getByRole("table")).toBeVisible();
}

const row = (page: Page, email: string) => page.getByRole("row").filter({ hasText: email });
/** cell finds a row by what it holds, whatever else is in it. */
async function menu(page: Page, email: string): Promise<void> {
  await row(page, email).getByRole("button").last().click();
}

for (const language of spoken) {
  const t = texts(language, "invitations");
  const c = texts(language, "common");

  test.describe(`in ${language}`, () => {
    test("J-60 J-61 J-62 inviting sends a mail, says so, has the link to copy, and is then in the table", async ({
      page,
      world,
      context,
    }) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const w = await world({ language });
      const email = `guest-${w.tag}@example.org`;
      await signIn(page, w.boss);
      await open(page, w.workspace.id);
      await page
        .getByRole("button", { name: t("invite"), exact: true })
        .first()
        .click();
      const dialog = page.getByRole("dialog");
      // All three roles, and every language that somebody can be written to in.
      await dialog.getByRole("combobox", { name: t("role") }).click();
      await expect(page.getByRole("listbox").getByRole("option")).toHaveCount(3);
      await page.getByRole("option", { name: editorOf[language] }).click();
      await dialog.getByRole("combobox", { name: t("language") }).click();
      await expect(page.getByRole("listbox").getByRole("option")).toHaveCount(4);
      await page.getByRole("option", { name: "Español" }).click();
      // What is no address is said where it is.
      await dialog.getByRole("textbox", { name: t("email") }).fill("nobody");
      await dialog.getByRole("button", { name: t("send") }).click();
      await expect(dialog.getByText(t("noAddress"))).toBeVisible();
      await dialog.getByRole("textbox", { name: t("email") }).fill(email);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `invite-${language}`);
      await dialog.getByRole("button", { name: t("send") }).click();

      await expect(dialog.getByRole("status")).toHaveText(t("mailed", { email }));
      const link = await dialog.getByRole("textbox", { name: t("link") }).inputValue();
      expect(link).toContain("/invitation#token=");
      await dialog.getByRole("button", { name: c("copyOf", { name: t("link") }) }).click();
      expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(link);
      await checkAccessibility(page);
      await shoot(page, `invited-${language}`);
      await dialog
        .getByRole("button", { name: c("close") })
        .last()
        .click();

      for (const text of [w.boss.email, email, editorOf[language], t("state.pending"), "2026"]) {
        await expect(row(page, email)).toContainText(text === "2026" ? String(new Date().getFullYear()) : text);
      }
      await expect.poll(() => letters(email).length, { timeout: 10_000 }).toBe(1);
    });

    test("J-12 J-14 J-63 the table's columns, a row's menu, and all that is to be known of an invitation", async ({
      page,
      world,
    }) => {
      const w = await world({ language });
      await w.group("North", w.boss);
      const groups = (
        await done(
          w.boss.api.GET("/workspaces/{workspace}/groups", { params: { path: { workspace: w.workspace.id } } }),
        )
      ).items.map((g) => g.id);
      const email = `guest-${w.tag}@example.org`;
      const made = await w.invite({ email, roles: ["Viewer"], language: "fr", groups });
      await signIn(page, w.boss);
      await open(page, w.workspace.id);
      for (const column of ["identifier", "inviter", "email", "created", "expires"]) {
        await expect(page.getByRole("columnheader", { name: new RegExp(`^${escaped(t(column))}`) })).toBeVisible();
      }
      await expect(row(page, email)).toContainText(made.id);
      const later = await w.invite({ email: `later-${w.tag}@example.org`, roles: ["Viewer"] });
      await page.reload();
      await expect(page.locator("tbody").getByRole("row").first()).toContainText(later.id); // the newest is first
      await menu(page, email);
      await expect(page.getByRole("menuitem")).toHaveText([c("info"), c("delete")]);
      await page.getByRole("menuitem", { name: c("info") }).click();
      const dialog = page.getByRole("dialog");
      for (const text of [email, w.boss.email, roleOf[language], "Français", "North", made.id]) {
        await expect(dialog.locator("dd").filter({ hasText: text }).first()).toBeVisible();
      }
      for (const name of ["created", "expires"]) {
        await expect(
          dialog
            .locator("div:has(> dt)")
            .filter({ hasText: t(name) })
            .locator("time")
            .first(),
        ).toBeVisible();
      }
      await dialog.getByRole("button", { name: t("showLink") }).click();
      await expect(dialog.getByRole("textbox", { name: t("link") })).toHaveValue(made.link ?? "");
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `invitation-info-${language}`);
    });

    test("J-64 deleting invalidates the link", async ({ page, world }) => {
      const w = await world({ language });
      const email = `guest-${w.tag}@example.org`;
      const made = await w.invite({ email, roles: ["Viewer"] });
      await signIn(page, w.boss);
      await open(page, w.workspace.id);
      await menu(page, email);
      await page.getByRole("menuitem", { name: c("delete") }).click();
      const dialog = page.getByRole("dialog", { name: t("deleteOf", { name: email }) });
      await checkAccessibility(page);
      await shoot(page, `invitation-delete-${language}`);
      await dialog.getByRole("button", { name: c("cancel") }).click();
      await expect(w.api.guest().POST("/invitations/offer", { body: { token: made.token } })).resolves.toBeTruthy();
      await menu(page, email);
      await page.getByRole("menuitem", { name: c("delete") }).click();
      await dialog.getByRole("button", { name: c("delete") }).click();
      await expect(row(page, email)).toContainText(t("state.revoked"));
      await expect(w.api.guest().POST("/invitations/offer", { body: { token: made.token } })).rejects.toThrow(/404/);
      // Nothing can be deleted twice.
      await menu(page, email);
      await expect(page.getByRole("menuitem")).toHaveText([c("info")]);
    });

    test("many are invited from a list, with progress, and each is told of", async ({ page, world }) => {
      const w = await world({ language, members: { lea: "Viewer" } });
      await w.invite({ email: `old-${w.tag}@example.org`, roles: ["Viewer"] });
      await signIn(page, w.boss);
      await open(page, w.workspace.id);
      await page.getByRole("button", { name: t("bulk") }).click();
      const dialog = page.getByRole("dialog");
      const fresh = Array.from({ length: 23 }, (_, i) => `n${i}-${w.tag}@example.org`);
      await dialog
        .getByRole("textbox", { name: t("list") })
        .fill(
          [
            "Name;E-mail",
            ...fresh.map((e, i) => `Name ${i};${e}`),
            `Lea <${w.members.lea.email}>`,
            `old-${w.tag}@example.org, OLD-${w.tag}@example.org`,
            "<img src=x onerror=alert(1)> nobody",
          ].join("\n"),
        );
      await expect(dialog.getByText(t("found", { count: 25 }))).toBeVisible();
      await expect(dialog.getByText(t("unclear", { count: 1 }))).toBeVisible();
      await expect(dialog.getByText("<img src=x onerror=alert(1)> nobody", { exact: true })).toBeVisible();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `bulk-${language}`);

      let hold: () => void = () => undefined;
      const held = new Promise<void>((resolve) => {
        hold = resolve;
      });
      let calls = 0;
      await page.route("**/invitations/bulk", async (route) => {
        if (++calls === 2) {
          await held;
        }
        await route.continue();
      });
      await dialog.getByRole("button", { name: t("inviteMany", { count: 25 }) }).click();
      await expect(dialog.getByText(t("inviting", { done: 10, total: 25 }))).toBeVisible();
      await expect(dialog.getByRole("progressbar")).toHaveAttribute("aria-valuenow", "40");
      await checkAccessibility(page);
      await shoot(page, `bulk-progress-${language}`);
      hold();

      await expect(dialog.getByRole("status")).toContainText(t("invited", { count: 23 }));
      await expect(dialog.getByRole("status")).toContainText(t("notInvited", { count: 2 }));
      await expect(dialog.getByRole("row").filter({ hasText: w.members.lea.email })).toContainText(t("isMember"));
      await expect(dialog.getByRole("row").filter({ hasText: `old-${w.tag}` })).toContainText(
        texts(language, "problem")("invited_already"),
      );
      await expect(dialog.getByRole("row").filter({ hasText: fresh[0] })).toContainText(t("wasMailed"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `bulk-result-${language}`);

      // What can be mended meanwhile is tried again.
      await w.boss.api.DELETE("/workspaces/{workspace}/members/{principal}", {
        params: { path: { workspace: w.workspace.id, principal: w.members.lea.num } },
      });
      await dialog.getByRole("button", { name: t("retryFailed", { count: 2 }) }).click();
      await expect(dialog.getByRole("row").filter({ hasText: w.members.lea.email })).toContainText(t("wasMailed"));
      await expect(dialog.getByRole("status")).toContainText(t("notInvited", { count: 1 }));
      const saved = page.waitForEvent("download");
      await dialog.getByRole("button", { name: t("saveResults") }).click();
      const file = readFileSync(await (await saved).path(), "utf8");
      expect(file.split("\r\n")).toHaveLength(27);
      await dialog
        .getByRole("button", { name: c("close") })
        .last()
        .click();
      await expect(page.getByRole("row").filter({ hasText: `n0-${w.tag}` })).toBeVisible();
    });
  });
}

const t = texts("en", "invitations");
const c = texts("en", "common");

test("J-15 invitations from the page of members are in the table, and its button opens the dialog", async ({
  page,
  world,
}) => {
  const w = await world();
  await signIn(page, w.boss);
  await open(page, w.workspace.id, "?new=1");
  const dialog = page.getByRole("dialog", { name: t("invite") });
  await expect(dialog.getByRole("textbox", { name: t("email") })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(dialog).toBeHidden();
  await expect(page).not.toHaveURL(/new=1/);
});

test("J-13 every column of invitations is filtered by itself", async ({ page, world }) => {
  const w = await world({ members: { ada: "Administrator" } });
  await w.invite({ email: `one-${w.tag}@example.org`, roles: ["Viewer"] });
  await w.members.ada.api.POST("/workspaces/{workspace}/invitations", {
    params: { path: { workspace: w.workspace.id } },
    body: { email: `two-${w.tag}@example.org`, roles: ["Editor"], expires: "2027-01-31" },
  });
  await signIn(page, w.boss);
  for (const [query, shown] of [
    ["?email=one-", "one"],
    [`?inviter_email=ada-${w.tag}`, "two"],
    ["?role=Editor", "two"],
    ["?expires_from=2027-01-15", "two"],
    ["?expires_before=2027-01-15", "one"],
  ] as const) {
    if (query.includes("2027") && Date.now() > Date.parse("2026-12-31")) {
      continue; // the days above are of the year that this was written in
    }
    await open(page, w.workspace.id, query);
    await expect(page.locator("tbody").getByRole("row")).toHaveCount(1);
    await expect(page.locator("tbody").getByRole("row")).toContainText(`${shown}-${w.tag}`);
  }
  await open(page, w.workspace.id, "?created_before=2020-01-01");
  await expect(page.getByRole("heading", { name: texts("en", "table")("nothingFound") })).toBeVisible();
});

test("an invitation is sent again and changed inside its info", async ({ page, world }) => {
  const w = await world();
  const email = `guest-${w.tag}@example.org`;
  const made = await w.invite({ email, roles: ["Viewer"] });
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  await menu(page, email);
  await page.getByRole("menuitem", { name: c("info") }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: c("modify") }).click();
  await dialog.getByRole("combobox", { name: t("role") }).click();
  await page.getByRole("option", { name: "Editor" }).click();
  await checkAccessibility(page);
  await dialog.getByRole("button", { name: c("save") }).click();
  await expect(dialog.locator("dd").filter({ hasText: "Editor" })).toBeVisible();
  await dialog.getByRole("button", { name: t("resend") }).click();
  const link = dialog.getByRole("textbox", { name: t("link") });
  await expect(link).not.toHaveValue(made.link ?? "");
  await expect(w.api.guest().POST("/invitations/offer", { body: { token: made.token } })).rejects.toThrow(/404/);
  const token = (await link.inputValue()).split("token=")[1] ?? "";
  const offer = await done(w.api.guest().POST("/invitations/offer", { body: { token } }));
  expect(offer.roles).toEqual(["Editor"]);
});

test("who is invited already can be sent his invitation again from the form", async ({ page, world }) => {
  const w = await world();
  const email = `guest-${w.tag}@example.org`;
  const made = await w.invite({ email, roles: ["Viewer"] });
  await signIn(page, w.boss);
  await open(page, w.workspace.id, "?new=1");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: t("email") }).fill(email);
  await dialog.getByRole("button", { name: t("send") }).click();
  await expect(dialog.getByText(t("pendingText"))).toBeVisible();
  await checkAccessibility(page);
  await dialog.getByRole("button", { name: t("resendThat") }).click();
  await expect(dialog.getByRole("textbox", { name: t("link") })).not.toHaveValue(made.link ?? "");
  await dialog
    .getByRole("button", { name: c("close") })
    .last()
    .click();
  await expect(dialog).toBeHidden();
  await expect(page.locator("tbody").getByRole("row")).toHaveCount(1);
});

test("JA-13 who is a member already cannot be invited, and it is said where", async ({ page, world }) => {
  const w = await world({ members: { lea: "Viewer" } });
  await signIn(page, w.boss);
  await open(page, w.workspace.id, "?new=1");
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: t("email") }).fill(w.members.lea.email);
  await dialog.getByRole("button", { name: t("send") }).click();
  await expect(dialog.getByText(t("isMember"))).toBeVisible();
});

test("a link for several is made with what it is limited to", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  await open(page, w.workspace.id, "?new=1");
  const dialog = page.getByRole("dialog");
  await dialog.getByText(t("open"), { exact: true }).click();
  await dialog.getByRole("textbox", { name: t("maxUses") }).fill("3");
  await dialog.getByLabel(t("domains")).fill("example.org");
  await page.keyboard.press("Enter");
  await checkAccessibility(page);
  await dialog.getByRole("button", { name: t("makeLink") }).click();
  await expect(dialog.getByRole("status")).toHaveText(t("shareLink", { count: 3 }));
  await expect(dialog.getByRole("textbox", { name: t("link") })).toHaveValue(/token=/);
});

test("several are deleted, or sent again, with one confirmation", async ({ page, world }) => {
  const w = await world();
  for (const name of ["a", "b", "c"]) {
    await w.invite({ email: `${name}-${w.tag}@example.org`, roles: ["Viewer"] });
  }
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  const table = texts("en", "table");
  await page.getByRole("checkbox", { name: table("selectPage") }).check();
  await page.getByRole("button", { name: t("resend") }).click();
  const dialog = page.getByRole("dialog");
  await checkAccessibility(page);
  await shoot(page, "invitations-several");
  await dialog.getByRole("button", { name: t("resend") }).click();
  await expect(page.getByText(t("resent", { count: 3 }))).toBeVisible();
  await page.getByRole("checkbox", { name: table("selectPage") }).check();
  await page
    .getByRole("toolbar")
    .getByRole("button", { name: c("delete") })
    .click();
  await expect(dialog.getByRole("listitem")).toHaveCount(3);
  await dialog.getByRole("button", { name: c("delete") }).click();
  await expect(page.locator("tbody").getByText(t("state.revoked"))).toHaveCount(3);
});

test("somebody is invited by the keyboard alone", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  await open(page, w.workspace.id);
  await checkAccessibility(page);
  await checkReflow(page);
  await shoot(page, "invitations-empty");
  await page
    .getByRole("button", { name: t("invite"), exact: true })
    .first()
    .focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("textbox", { name: t("email") })).toBeFocused();
  await page.keyboard.type(`keys-${w.tag}@example.org`);
  await page.keyboard.press("Tab");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("dialog").getByRole("status")).toHaveText(
    t("mailed", { email: `keys-${w.tag}@example.org` }),
  );
  await page.keyboard.press("Escape");
  await expect(page.getByRole("button", { name: t("invite"), exact: true }).first()).toBeFocused();
  await expect(row(page, `keys-${w.tag}`)).toBeVisible();
  await shoot(page, "invitations");
  await checkAccessibility(page);
});

test("who may not invite is told so", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  await signIn(page, w.members.ed);
  await page.goto(`./workspaces/${w.workspace.id}/invitations`);
  await expect(page.getByRole("alert")).toContainText("workspace.manage_members");
  await expect(page.getByRole("button", { name: t("invite"), exact: true })).toHaveCount(0);
  await expect(page.getByRole("button", { name: t("bulk") })).toHaveCount(0);
});

import type { Page } from "@playwright/test";
import { administrator, checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";

const hostile = `<img src=x onerror="document.title='pwned'">`;
const rows = (page: Page) => page.locator("tbody").getByRole("row");

for (const language of spoken) {
  const t = texts(language, "home");
  const c = texts(language, "common");
  const table = texts(language, "table");
  const words = texts(language, "words");

  test.describe(`in ${language}`, () => {
    test("my workspaces are there with what I am in them", async ({ page, world }) => {
      const w = await world({ language, name: `${hostile} ${language}`, members: { vi: "Viewer" } });
      const other = await world({ language });
      await other.join(w.members.vi, "Editor");
      await other.api.POST("/workspaces/{workspace}/deactivate", {
        params: { path: { workspace: other.workspace.id } },
      });
      await signIn(page, w.members.vi);
      await page.goto("./");
      await expect(rows(page)).toHaveCount(2);
      const first = rows(page).filter({ hasText: w.workspace.technical_name });
      await expect(first).toContainText(`${hostile} ${language}`);
      await expect(first).toContainText(words("role.Viewer"));
      await expect(first).toContainText(t("active"));
      await expect(rows(page).filter({ hasText: other.workspace.name })).toContainText(t("inactive"));
      await expect(page).toHaveTitle(/Bailiwick/);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `home-${language}`);
      await first.getByRole("link").click();
      await expect(page).toHaveURL(new RegExp(`/workspaces/${w.workspace.id}`));
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${hostile} ${language}`);
    });

    test("one leaves a workspace after being told what goes", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      await signIn(page, w.members.vi);
      await page.goto("./");
      await rows(page)
        .getByRole("button", { name: table("actionsOf", { name: w.workspace.name }) })
        .click();
      await page.getByRole("menuitem", { name: t("leave") }).click();
      const dialog = page.getByRole("dialog", { name: t("leaveOf", { name: w.workspace.name }) });
      await expect(dialog).toContainText(t("leaveGoes", { name: w.workspace.name, roles: words("role.Viewer") }));
      await expect(dialog.getByRole("button", { name: c("cancel") })).toBeFocused();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `home-leave-${language}`);
      await dialog.getByRole("button", { name: t("leave") }).click();
      await expect(page.getByRole("heading", { name: t("empty") })).toBeVisible();
      await expect(page.getByText(t("emptyText", { email: w.members.vi.email }))).toBeVisible();
      const { items } = await done(w.members.vi.api.GET("/me/workspaces"));
      expect(items).toEqual([]);
      await checkAccessibility(page);
      await shoot(page, `home-none-${language}`);
    });

    test("who owns something is told so instead of leaving", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor" } });
      await w.members.ed.api.POST("/resources", {
        body: { parent: w.workspace.num, class: "resource_group", display_name: "Own" },
      });
      await signIn(page, w.members.ed);
      await page.goto("./");
      await rows(page)
        .getByRole("button", { name: table("actionsOf", { name: w.workspace.name }) })
        .click();
      await page.getByRole("menuitem", { name: t("leave") }).click();
      const dialog = page.getByRole("dialog");
      await expect(dialog.getByRole("alert")).toContainText(t("ownsText"));
      await expect(dialog.getByRole("button", { name: t("leave") })).toHaveCount(0);
      await checkAccessibility(page);
      await shoot(page, `home-owns-${language}`);
    });

    test("what needs attention leads to where it is seen to", async ({ page, world }) => {
      const w = await world({ language });
      await w.invite({ email: `late-${w.tag}@example.org`, roles: ["Viewer"] });
      await signIn(page, w.boss);
      await page.goto("./");
      const concern = page.getByRole("link", {
        name: t("attention.pending", { workspace: w.workspace.name, count: 1 }),
      });
      await expect(concern).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `home-attention-${language}`);
      await concern.click();
      await expect(page).toHaveURL(new RegExp(`/workspaces/${w.workspace.id}/invitations\\?state=pending`));
    });

    test("administrators of the platform see how much there is of everything", async ({ page }) => {
      await signIn(page, await administrator(language));
      await page.goto("./");
      const counts = page.getByRole("navigation", { name: t("platform") });
      for (const what of ["organizations", "workspaces", "users", "pools"]) {
        await expect(counts.getByRole("link", { name: t(`counts.${what}`) })).toContainText(/\d/);
      }
      await expect(page.getByRole("heading", { name: t("attention.title") })).toBeVisible();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `home-platform-${language}`);
      await counts.getByRole("link", { name: t("counts.pools") }).click();
      await expect(page).toHaveURL(/\/platform\/pools/);
    });
  });
}

test("who supervises is not offered to leave", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  await page.goto("./");
  await rows(page)
    .getByRole("button", { name: `Actions for ${w.workspace.name}` })
    .click();
  await expect(page.getByRole("menuitem", { name: "Open" })).toBeVisible();
  await expect(page.getByRole("menuitem", { name: "Leave the workspace" })).toHaveCount(0);
});

test("leaving is done by the keyboard alone", async ({ page, world }) => {
  const w = await world({ members: { vi: "Viewer" } });
  await signIn(page, w.members.vi);
  await page.goto("./");
  await rows(page)
    .getByRole("button", { name: `Actions for ${w.workspace.name}` })
    .focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Open" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitem", { name: "Leave the workspace" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Escape");
  await expect(page.getByRole("dialog")).toHaveCount(0);
  await rows(page)
    .getByRole("button", { name: `Actions for ${w.workspace.name}` })
    .focus();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("menuitem", { name: "Open" })).toBeFocused();
  await page.keyboard.press("ArrowDown");
  await expect(page.getByRole("menuitem", { name: "Leave the workspace" })).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page.getByRole("button", { name: "Cancel" })).toBeFocused();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page.getByRole("heading", { name: "You belong to no workspace yet" })).toBeVisible();
});

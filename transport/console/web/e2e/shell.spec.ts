import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import en from "../src/text/en/shell.json" with { type: "json" };
import fr from "../src/text/fr/shell.json" with { type: "json" };
import { checkAccessibility, checkReflow, expect, shoot, signIn, test } from "./support/test";

for (const { language, t } of [
  { language: "en", t: en },
  { language: "fr", t: fr },
]) {
  test(`J-02 a workspace has its general page, keys, members and invitations, in ${language}`, async ({
    page,
    world,
  }) => {
    const w = await world({ language, members: { vi: "Viewer", ad: "Administrator" } });
    await signIn(page, w.members.ad);
    await page.goto(`./workspaces/${w.workspace.id}`);
    const navigation = page.getByRole("navigation", { name: t.navigation });
    for (const part of [t.settings, t.keys, t.members, t.invitations]) {
      await navigation.getByRole("link", { name: part, exact: true }).click();
      await expect(page.getByRole("main").getByRole("heading", { level: 1 })).toBeVisible();
      await expect(navigation.getByRole("link", { name: part, exact: true })).toHaveAttribute("aria-current", "page");
      await expect(navigation.locator("[aria-current=page]")).toHaveCount(1);
    }
    await checkAccessibility(page);
    await checkReflow(page);

    // Nothing of that is there for a viewer (J-01).
    await signIn(page, w.members.vi);
    await page.goto(`./workspaces/${w.workspace.id}`);
    await expect(navigation.getByRole("link", { name: t.content, exact: true })).toBeVisible();
    for (const part of [t.settings, t.keys, t.invitations, t.audit]) {
      await expect(navigation.getByRole("link", { name: part, exact: true })).toHaveCount(0);
    }
  });
}

/** mails returns what was sent to an address, as text. */
async function mails(to: string): Promise<string[]> {
  const folder = process.env.BAILIWICK_E2E_MAIL ?? "";
  // The server makes the folder with the first mail that it sends.
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") {
      return [];
    }
    throw error;
  });
  const texts = await Promise.all(
    names.filter((name) => name.endsWith(".eml")).map((name) => readFile(join(folder, name), "latin1")),
  );
  return texts
    .filter((text) => text.includes(to))
    .map((text) =>
      Buffer.from(
        text
          .replaceAll(/=\r?\n/g, "")
          .replaceAll(/=([0-9A-F]{2})/g, (_, code: string) => String.fromCharCode(Number.parseInt(code, 16))),
        "latin1",
      ).toString("utf8"),
    );
}

for (const { language, accept } of [
  { language: "en", accept: "Accept the invitation" },
  { language: "fr", accept: "Accepter l" },
]) {
  test(`J-65 the mail has who invites, to what, and the link, and J-68 it is in the chosen language, in ${language}`, async ({
    page,
    world,
  }) => {
    test.skip(!process.env.BAILIWICK_E2E_MAIL, "a server that was not started for the tests keeps its mails");
    // Who invites speaks the other one.
    const w = await world({ language: language === "en" ? "fr" : "en" });
    const to = `guest-${w.tag}@example.org`;
    const made = await w.invite({ email: to, roles: ["Viewer"], language });
    await expect.poll(() => mails(to).then((all) => all.length), { timeout: 20_000 }).toBe(1);
    const [text = ""] = await mails(to);
    expect(text).toContain("Boss");
    expect(text).toContain(to);
    expect(text).toContain(w.workspace.name);
    expect(text).toContain(accept);
    expect(text).toContain(made.token);
    // What the mail leads to is the page that speaks the invitation's language.
    await page.goto(`./invitation#token=${made.token}`);
    await expect(page.getByRole("heading", { level: 1 })).toContainText(accept);
  });
}

test("the language and the appearance are chosen at the person's name", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  await page.goto("./");
  await page.getByRole("button", { name: /Boss/ }).click();
  await page.getByRole("menuitem", { name: "Русский" }).click();
  await expect(page.locator("html")).toHaveAttribute("lang", "ru");
  await page.getByRole("button", { name: /Boss/ }).click();
  await shoot(page, "person-menu");
  await page.getByRole("menuitem", { name: "Тёмное" }).click();
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
  await page.reload();
  await expect(page.locator("html")).toHaveAttribute("lang", "ru");
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", "dark");
});

test("an address that leads nowhere says so", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  await page.goto("./nothing/of/the/kind");
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await checkAccessibility(page);
  await page.getByRole("link", { name: "To my workspaces" }).click();
  await expect(page.getByRole("navigation", { name: en.navigation })).toBeVisible();
});

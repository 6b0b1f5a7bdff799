import type { Page } from "@playwright/test";
import { consoleURL } from "./support/api";
import type { Complaints } from "./support/complaint";
import { told } from "./support/server";
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, signOut, test } from "./support/test";
import { spoken, texts } from "./support/text";
import type { Person } from "./support/world";

const issuer = process.env[told.issuer] ?? "";
test.skip(!issuer, "this program has nobody sign in at a provider");

/** What the provider calls somebody, and knows him by. */
const there = (who: Pick<Person, "username">) => `there-${who.username}`;

/** The provider is another site, which is gone to where somebody asks for it. */
function goingThere(complaints: Complaints): void {
  complaints.expect(new RegExp(`^elsewhere: (GET|POST) ${issuer}/`));
}

const button = (page: Page, language: string) =>
  page.getByRole("link", { name: texts(language, "session")("with", { provider: "City of Bath" }) });

/** Signs in on the provider's own page. */
async function enter(page: Page, name: string): Promise<void> {
  await expect(page.getByRole("heading", { name: "The provider" })).toBeVisible();
  expect(new URL(page.url()).origin).toBe(issuer);
  await page.getByRole("textbox", { name: "Username" }).fill(name);
  await page.getByLabel("Password").fill("there");
  await page.getByRole("button", { name: "Sign in" }).click();
}

/** Has somebody's account be known by what the provider calls him, as he does it himself. */
async function link(page: Page, who: Person): Promise<void> {
  await signIn(page, who);
  await page.goto(new URL("/oidc/city/start?link=1&return=/console/account", consoleURL()).href);
  await enter(page, there(who));
  await expect(page).toHaveURL(/\/console\/account$/);
  await signOut(page);
}

for (const language of spoken) {
  const t = texts(language, "session");

  test.describe(`at a provider, in ${language}`, () => {
    test.use({ locale: language === "fr" ? "fr-FR" : "en-GB" });

    test("who is known there is signed in here, and comes to where he wanted to be", async ({
      page,
      world,
      complaints,
    }) => {
      goingThere(complaints);
      const w = await world({ language, members: { ed: "Editor" } });
      const { ed } = w.members;
      await link(page, ed);
      await page.goto(`./workspaces/${w.workspace.id}/members?q=${w.tag}`);
      await expect(button(page, language)).toBeVisible();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `signin-provider-${language}`);
      await button(page, language).click();
      await enter(page, there(ed));
      await expect(page.getByRole("heading", { level: 1, name: texts(language, "members")("title") })).toBeVisible();
      await expect(page).toHaveURL(`${consoleURL()}workspaces/${w.workspace.id}/members?q=${w.tag}`);
      const { items } = await done(ed.api.GET("/me/sessions"));
      expect(items.map((s) => s.via)).toContain("oidc");
      // It stays so when the page is loaded anew.
      await page.reload();
      await expect(page.getByRole("heading", { level: 1, name: texts(language, "members")("title") })).toBeVisible();
    });

    test("who turns back there is told so, and may begin again", async ({ page, world, complaints }) => {
      goingThere(complaints);
      const w = await world({ language, members: { ed: "Editor" } });
      const { ed } = w.members;
      await link(page, ed);
      await page.goto(`./workspaces/${w.workspace.id}/members?q=${w.tag}`);
      await button(page, language).click();
      await page.getByRole("button", { name: "Turn back" }).click();
      await expect(page.getByRole("alert")).toHaveText(t("elsewhere.refused"));
      expect(page.url()).toContain("/console/signin?");
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `signin-provider-refused-${language}`);
      // Where he wanted to be is not forgotten.
      await button(page, language).click();
      await enter(page, there(ed));
      await expect(page).toHaveURL(`${consoleURL()}workspaces/${w.workspace.id}/members?q=${w.tag}`);
      await expect(page.getByRole("heading", { level: 1, name: texts(language, "members")("title") })).toBeVisible();
    });

    test("who is nobody here is told so, and may sign in by password", async ({ page, world, complaints }) => {
      goingThere(complaints);
      const w = await world({ language, members: { ed: "Editor" } });
      const { ed } = w.members;
      await page.goto("./account");
      await button(page, language).click();
      await enter(page, there(ed)); // whose account has not been linked
      await expect(page.getByRole("alert")).toHaveText(t("elsewhere.unknown"));
      await checkAccessibility(page);
      await checkReflow(page);
      await page.getByRole("textbox", { name: t("username") }).fill(ed.username);
      await page.locator("input[type=password]").fill(ed.password);
      await page.getByRole("button", { name: t("signIn"), exact: true }).click();
      await expect(page).toHaveURL(`${consoleURL()}account`);
      await expect(page.getByRole("heading", { level: 1, name: texts(language, "account")("title") })).toBeVisible();
    });

    test("what is not known of a refusal, and where it does not lead, is nothing of the page's", async ({ page }) => {
      await page.goto("./signin?refused=constructor&back=//evil.example/console/");
      await expect(page.getByRole("alert")).toHaveText(t("elsewhere.failed"));
      await expect(button(page, language)).toHaveAttribute("href", /\?return=%2Fconsole%2F$/);
      await page.goto("./signin?refused=over");
      await expect(page.getByRole("alert")).toHaveText(t("elsewhere.over"));
    });
  });
}

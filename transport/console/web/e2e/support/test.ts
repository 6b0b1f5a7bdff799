import { test as base, expect, type Page } from "@playwright/test";
import axe from "axe-core";
import { type Api, adminApi, apiURL, consoleURL, done } from "./api";
import { Complaints } from "./complaint";
import { fresh, type Person, person, type Wishes, type World, world } from "./world";

export { apiURL, consoleURL, done } from "./api";
export { password, person, soon, tokenOf } from "./world";
export { expect };

type Fixtures = {
  /** The API as the platform's administrator calls it; api.as(name, password) is somebody else's. */
  api: Api;
  /** Makes an organization with a workspace, its supervisor and members. */
  world<Name extends string = never>(wishes?: Wishes<Name>): Promise<World<Name>>;
  /** What went wrong in pages; a test that provokes something says so with complaints.expect(/…/). */
  complaints: Complaints;
  /** Opens a page in a browser of its own, for a second person. */
  another(): Promise<Page>;
};

/**
 * The test of the console's specs. Pages are opened relative to where the console
 * is: page.goto("./workspaces"). Whatever goes wrong in a page fails the test.
 */
export const test = base.extend<Fixtures>({
  // biome-ignore lint/correctness/noEmptyPattern: Playwright reads what a fixture needs from the pattern
  baseURL: async ({}, use) => use(consoleURL()),
  // biome-ignore lint/correctness/noEmptyPattern: as above
  api: async ({}, use) => use(adminApi()),
  // biome-ignore lint/correctness/noEmptyPattern: as above
  world: async ({}, use) => use(world),
  // biome-ignore lint/correctness/noEmptyPattern: as above
  complaints: async ({}, use) => {
    const complaints = new Complaints();
    await use(complaints);
    expect(complaints.unexpected, "what went wrong in pages").toEqual([]);
  },
  context: async ({ context, complaints }, use) => {
    await complaints.listen(context);
    await use(context);
  },
  another: async ({ browser, contextOptions, complaints }, use) => {
    const opened: Page[] = [];
    await use(async () => {
      const context = await browser.newContext({ ...contextOptions, baseURL: consoleURL(), locale: "en-GB" });
      await complaints.listen(context);
      const page = await context.newPage();
      opened.push(page);
      return page;
    });
    for (const page of opened) {
      await page.context().close();
    }
  },
});

/** Who signs in: somebody of a world, or the platform's administrator. */
export type Who = Pick<Person, "username" | "password" | "api">;

/** admin is the platform's administrator. */
export const admin = (): Who => ({
  username: "admin",
  password: process.env.BAILIWICK_E2E_ADMIN_PASSWORD ?? "",
  api: adminApi(),
});

/** administrator makes another administrator of the platform, who speaks a language. */
export const administrator = (language: string): Promise<Person> =>
  person(fresh(), "root", { administrator: true, language });

/**
 * signIn has the browser of a page be signed in as somebody, without the form. The
 * page itself is not touched: open one after. Where a language is said it becomes
 * his.
 */
export async function signIn(page: Page, who: Who, opts: { language?: string } = {}): Promise<void> {
  if (opts.language) {
    await done(who.api.PATCH("/me", { body: { language: opts.language } }));
  }
  const answer = await page.context().request.post(`${apiURL()}/session`, {
    headers: { "X-Requested-With": "bailiwick" },
    data: { username: who.username, password: who.password },
  });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** signInByForm opens the console and signs somebody in as he does himself. */
export async function signInByForm(page: Page, who: Who): Promise<void> {
  await page.goto("./");
  await fillSignIn(page, who);
}

/** fillSignIn fills in the form that a page shows to who is not signed in, in English, and sends it. */
export async function fillSignIn(page: Page, who: Who): Promise<void> {
  await page.getByRole("textbox", { name: /^username/i }).fill(who.username);
  await page.locator("input[type=password]").fill(who.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
}

/** signOut has the browser of a page forget who was signed in, as another tab would do. */
export async function signOut(page: Page): Promise<void> {
  const answer = await page.context().request.delete(`${apiURL()}/session`, {
    headers: { "X-Requested-With": "bailiwick" },
  });
  expect(answer.status()).toBe(204);
}

const schemes = ["light", "dark"] as const;

/** still waits until nothing moves or fades in a page any more. */
async function still(page: Page): Promise<void> {
  await page.evaluate(async () => {
    await new Promise(requestAnimationFrame);
    const ending = document.getAnimations().filter((a) => a.effect?.getComputedTiming().endTime !== Infinity);
    await Promise.all(ending.map((a) => a.finished.catch(() => undefined)));
  });
}

/** Shows a page in a colour scheme, and waits until it is there. */
async function paint(page: Page, colorScheme: (typeof schemes)[number]): Promise<void> {
  await page.emulateMedia({ colorScheme });
  await expect(page.locator("html")).toHaveAttribute("data-mantine-color-scheme", colorScheme);
  await still(page);
}

/** What is held to in the light scheme, and in the dark one, where nothing differs but colours. */
const rules = {
  light: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
  dark: ["color-contrast", "link-in-text-block"],
};

/**
 * checkAccessibility holds what a page shows to WCAG 2.2 AA and to good practice, in both colour schemes. In other
 * languages than English nothing differs but texts, and nothing is looked at.
 */
export async function checkAccessibility(page: Page): Promise<void> {
  if ((await page.locator("html").getAttribute("lang")) !== "en") {
    return;
  }
  await page.evaluate(`if (!globalThis.axe) { ${axe.source} }`);
  for (const colorScheme of schemes) {
    await paint(page, colorScheme);
    // Telling of what is right as well takes twice as long.
    const told = await page.evaluate(async (runOnly) => {
      const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
      const { violations, incomplete } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
      const broken = incomplete.filter((v) => "error" in v); // a rule that came to nothing
      return [...violations, ...broken].flatMap((v) =>
        v.nodes.map((n) => `${v.id} (${v.help}): ${n.target.join(" ")}\n${n.html}\n${n.failureSummary ?? ""}`),
      );
    }, rules[colorScheme]);
    expect(told, `${page.url()} in the ${colorScheme} scheme`).toEqual([]);
  }
  await page.emulateMedia({ colorScheme: null });
}

/** checkReflow wants nothing to be cut off or scrolled sideways at the width of a telephone. */
export async function checkReflow(page: Page, width = 320): Promise<void> {
  const before = page.viewportSize();
  await page.setViewportSize({ width, height: 800 });
  await still(page);
  const beyond = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(beyond, `${page.url()} is wider than ${width} pixels by`).toBeLessThanOrEqual(0);
  if (before) {
    await page.setViewportSize(before);
  }
}

/**
 * shoot takes pictures of a page into e2e-results/shots, in both colour schemes,
 * as wide as a telephone and as a desktop. It does nothing where
 * BAILIWICK_E2E_SHOTS is "none", nor, where it is "pages", for what is not all of
 * a page as it is opened.
 */
export async function shoot(page: Page, name: string): Promise<void> {
  const wanted = process.env.BAILIWICK_E2E_SHOTS;
  if (wanted === "none" || (wanted === "pages" && !name.startsWith("page-"))) {
    return;
  }
  const before = page.viewportSize();
  for (const width of [360, 1280]) {
    await page.setViewportSize({ width, height: 800 });
    for (const colorScheme of schemes) {
      await paint(page, colorScheme);
      await page.screenshot({ path: `e2e-results/shots/${name}-${colorScheme}-${width}.png`, fullPage: true });
    }
  }
  await page.emulateMedia({ colorScheme: null });
  if (before) {
    await page.setViewportSize(before);
  }
}

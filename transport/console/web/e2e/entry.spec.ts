import type { Page } from "@playwright/test";
import {
  admin,
  checkAccessibility,
  checkReflow,
  done,
  expect,
  fillSignIn,
  password,
  shoot,
  signIn,
  signOut,
  test,
} from "./support/test";
import { spoken, texts } from "./support/text";

const hostile = `<img src=x onerror="document.title='pwned'">`;

/** link is the place in the console that the link of an invitation leads to. */
const link = (token: string): string => `./invitation#token=${token}`;

/** lookAgain is what a browser tells a page that somebody comes back to. */
const lookAgain = (page: Page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

for (const language of spoken) {
  const s = texts(language, "session");

  test.describe(`in ${language}`, () => {
    test("J-66 J-67 the link opens a page where a password is chosen, in the invitation's language", async ({
      page,
      world,
    }) => {
      const w = await world({ name: `Harbour ${hostile}` });
      const email = `new-${w.tag}@example.org`;
      const made = await w.invite({ email, roles: ["Editor"], language });
      await page.goto(link(made.token));
      await expect(page).toHaveTitle(`${s("invitation.title")} | Portal`);
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(s("invitation.title"));
      // The token has left the address, and what goes back to it.
      expect(page.url()).not.toContain("token");
      for (const text of [`Harbour ${hostile}`, `Boss ${w.tag}`, email]) {
        await expect(page.getByRole("main")).toContainText(text);
      }
      await expect(page.getByText(s("choose.rules"))).toBeVisible();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `invitation-${language}`);
      // A page that is loaded again still knows which invitation it is of.
      await page.reload();
      await page.getByRole("textbox", { name: s("invitation.firstName") }).fill("Noa");
      const choose = page.getByLabel(s("invitation.password"));
      await choose.fill("short");
      await page.getByRole("button", { name: s("invitation.accept") }).click();
      await expect(page.getByText(s("choose.short", { least: 15 }))).toBeVisible();
      await checkAccessibility(page);
      await choose.fill(password);
      await page.getByRole("button", { name: s("invitation.accept") }).click();
      // An Editor lands in the workspace itself.
      await expect(page).toHaveURL(new RegExp(`/workspaces/${w.workspace.id}$`));
      await expect(page.getByRole("button", { name: "Noa" })).toBeVisible();
      const me = await done(w.api.as(email, password).GET("/me"));
      expect([me.first_name, me.language]).toEqual(["Noa", language]);
      // The link was used.
      await page.goto(link(made.token));
      await page.reload();
      await expect(page.getByText(s("invitation.gone"))).toBeVisible();
    });

    test("an invitation that expired, was deleted, or is incomplete is explained", async ({ page, world, api }) => {
      const w = await world();
      const gone = await w.invite({ email: `gone-${w.tag}@example.org`, roles: [], language });
      await w.boss.api.DELETE("/invitations/{invitation}", { params: { path: { invitation: gone.id } } });
      await api.PATCH("/me", { body: { language: "en" } });
      await page.addInitScript((l) => localStorage.setItem("bailiwick-language", l), language);
      await page.goto(link(gone.token));
      await expect(page.getByRole("alert")).toHaveText(s("invitation.gone"));
      await checkAccessibility(page);
      await page.evaluate(() => sessionStorage.clear());
      await page.goto("./signin");
      await page.goto("./invitation");
      await expect(page.getByRole("alert")).toHaveText(s("invitation.noToken"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `invitation-none-${language}`);
      // What the server says of one that has expired.
      await page.route("**/invitations/offer", (route) =>
        route.fulfill({
          status: 410,
          contentType: "application/problem+json",
          body: JSON.stringify({ status: 410, code: "expired", title: "It has expired", type: "urn:x" }),
        }),
      );
      const live = await w.invite({ email: `live-${w.tag}@example.org`, roles: [], language });
      await page.goto(link(live.token));
      await expect(page.getByRole("alert")).toHaveText(s("invitation.expired"));
    });

    test("who signs in wrongly is told so, and how long to wait who tries too often", async ({ page, world }) => {
      const w = await world();
      await page.addInitScript((l) => localStorage.setItem("bailiwick-language", l), language);
      await page.goto("./signin");
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(s("title"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `signin-${language}`);
      const name = page.getByRole("textbox", { name: s("username") });
      const word = page.locator("input[type=password]");
      const enter = page.getByRole("button", { name: s("signIn"), exact: true });
      await name.fill(w.boss.username);
      await word.fill("not the password at all");
      await enter.click();
      await expect(page.getByRole("alert")).toHaveText(s("refused"));
      await expect(word).toHaveValue("");
      await expect(name).toHaveValue(w.boss.username);
      await checkAccessibility(page);
      await shoot(page, `signin-refused-${language}`);
      // What the server says to who tries too often.
      let refused = false;
      await page.route("**/session", async (route) => {
        if (route.request().method() === "POST" && !refused) {
          refused = true;
          await route.fulfill({
            status: 429,
            headers: { "Retry-After": "4" },
            contentType: "application/problem+json",
            body: JSON.stringify({ status: 429, code: "too_many_tries", title: "Too many tries", type: "urn:x" }),
          });
        } else {
          await route.continue();
        }
      });
      await word.fill(password);
      await enter.click();
      await expect(page.getByRole("alert")).toHaveText(
        s("wait", { when: language === "fr" ? "dans 4 secondes" : "in 4 seconds" }),
      );
      await expect(page.getByRole("button", { name: s("signIn") })).toBeDisabled();
      // Then it is open again.
      await expect(enter).toBeEnabled();
      await word.fill(password);
      await enter.click();
      await expect(page.getByRole("button", { name: `Boss ${w.tag}` })).toBeVisible();
    });

    test("who has forgotten his password asks for a mail", async ({ page, world }) => {
      const w = await world();
      await page.addInitScript((l) => localStorage.setItem("bailiwick-language", l), language);
      await page.goto("./signin");
      await page.getByRole("link", { name: s("forgotten") }).click();
      await expect(page.getByRole("heading", { level: 1 })).toHaveText(s("reset.title"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `forgotten-${language}`);
      await page.getByRole("textbox", { name: s("reset.name") }).fill(w.boss.email);
      await page.keyboard.press("Enter");
      await expect(page.getByRole("status")).toContainText(s("reset.sentText"));
      await checkAccessibility(page);
      await shoot(page, `forgotten-sent-${language}`);
    });

    test("a session that an administrator ended is explained, and goes on in place with what was written", async ({
      page,
      world,
    }) => {
      const w = await world({ language });
      await signIn(page, w.boss);
      const invitations = texts(language, "invitations");
      await page.goto(`./workspaces/${w.workspace.id}/invitations?new=1`);
      const field = page.getByRole("textbox", { name: invitations("email") });
      await field.fill("half-writ");
      await w.api.POST("/users/{user}/kick", { params: { path: { user: w.boss.id } } });
      await lookAgain(page);
      const dialog = page.getByRole("dialog", { name: s("ended.title") });
      await expect(dialog).toContainText(s("ended.kicked"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `session-ended-${language}`);
      // Neither Escape nor a click beside it takes anything away.
      await expect(dialog.locator("input[type=password]")).toBeFocused();
      await page.keyboard.press("Escape");
      await page.mouse.click(4, 400);
      await page.keyboard.press("Escape");
      await expect(dialog).toBeVisible();
      await dialog.locator("input[type=password]").fill("not the password");
      await dialog.getByRole("button", { name: s("signIn") }).click();
      await expect(dialog.getByRole("alert")).toHaveText(s("refused"));
      await dialog.locator("input[type=password]").fill(password);
      await page.keyboard.press("Enter");
      await expect(dialog).toBeHidden();
      await expect(field).toHaveValue("half-writ");
    });
  });
}

const s = texts("en", "session");

test("J-67 a Viewer lands at what he may see", async ({ page, world }) => {
  const w = await world();
  const email = `new-${w.tag}@example.org`;
  const made = await w.invite({ email, roles: ["Viewer"], language: "en" });
  await page.goto(link(made.token));
  // By the keyboard alone.
  await page.getByRole("textbox", { name: s("invitation.lastName") }).focus();
  await page.keyboard.type("Byron");
  await page.keyboard.press("Tab");
  await page.keyboard.type(password);
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(new RegExp(`/workspaces/${w.workspace.id}/content$`));
});

test("who has an account signs in first, and then accepts; another account is told apart", async ({ page, world }) => {
  const w = await world({ members: { other: "Viewer" } });
  const guest = await w.person("guest");
  const made = await w.invite({ email: guest.email, roles: ["Administrator"], language: "en" });
  await signIn(page, w.members.other);
  await page.goto(link(made.token));
  await expect(page.getByText(s("invitation.notYou", { name: `Other ${w.tag}`, email: guest.email }))).toBeVisible();
  await checkAccessibility(page);
  await shoot(page, "invitation-other-account");
  await page.getByRole("button", { name: s("invitation.change") }).click();
  await expect(page.getByText(s("invitation.signInFirst"))).toBeVisible();
  await checkAccessibility(page);
  await shoot(page, "invitation-sign-in");
  await fillSignIn(page, guest);
  await expect(page.getByText(s("invitation.as", { name: `Guest ${w.tag}`, email: guest.email }))).toBeVisible();
  await checkAccessibility(page);
  await page.getByRole("button", { name: s("invitation.accept") }).click();
  await expect(page).toHaveURL(new RegExp(`/workspaces/${w.workspace.id}$`));
});

test("an invitation is declined, after asking", async ({ page, world }) => {
  const w = await world();
  const made = await w.invite({ email: `no-${w.tag}@example.org`, roles: [], language: "en" });
  await page.goto(link(made.token));
  await page.getByRole("button", { name: s("invitation.decline") }).click();
  const dialog = page.getByRole("dialog");
  await checkAccessibility(page);
  await dialog.getByRole("button", { name: s("invitation.decline") }).click();
  await expect(page.getByText(s("invitation.declined"))).toBeVisible();
  const now = await done(w.boss.api.GET("/invitations/{invitation}", { params: { path: { invitation: made.id } } }));
  expect(now.state).toBe("declined");
});

test("a link for several asks for the address and a name", async ({ page, world }) => {
  const w = await world();
  const made = await w.invite({ kind: "open", max_uses: 2, roles: ["Viewer"], language: "en" });
  await page.goto(link(made.token));
  await checkAccessibility(page);
  await checkReflow(page);
  await shoot(page, "invitation-open");
  await page.getByRole("textbox", { name: s("invitation.email") }).fill(w.boss.email);
  await page.getByLabel(s("invitation.password")).fill(password);
  await page.getByRole("button", { name: s("invitation.accept") }).click();
  await expect(page.getByText(s("invitation.taken"))).toBeVisible();
  await page.getByRole("textbox", { name: s("invitation.email") }).fill(`open-${w.tag}@example.org`);
  await page.getByLabel(s("invitation.password")).fill(password);
  await page.getByRole("button", { name: s("invitation.accept") }).click();
  await expect(page).toHaveURL(/\/content$/);
});

test("who is sent to sign in comes back to where he wanted to be, and nowhere else", async ({ page, world }) => {
  const w = await world();
  await page.goto("./account?tab=sessions");
  await expect(page).toHaveURL(/\/signin\?return=/);
  await fillSignIn(page, w.boss);
  await expect(page).toHaveURL(/\/account\?tab=sessions$/);
  await signOut(page);
  await page.goto("./signin?return=%2F%2Fevil.example%2F");
  await fillSignIn(page, w.boss);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await expect(page).not.toHaveURL(/evil\.example/);
});

test("identity providers are offered, and lead back; what is no address leads nowhere", async ({ page }) => {
  await page.route("**/api/v1/sign-in", (route) =>
    route.fulfill({
      json: {
        password: true,
        reset: false,
        providers: [
          { name: "city", title: `City ${hostile}`, start: "http://127.0.0.1:1/oidc/city/start" },
          { name: "odd", title: "Odd", start: "javascript:alert(1)" },
        ],
      },
    }),
  );
  await page.goto("./signin?return=%2Faccount");
  const city = page.getByRole("link", { name: s("with", { provider: `City ${hostile}` }) });
  await expect(city).toHaveAttribute("href", /\/oidc\/city\/start\?return=%2F.*account$/);
  await expect(page.getByText("Odd")).toHaveCount(0);
  await expect(page.getByRole("link", { name: s("forgotten") })).toHaveCount(0);
  await checkAccessibility(page);
  await checkReflow(page);
  await shoot(page, "signin-providers");
});

test("signing out in another tab is noticed at once, and signing in there brings this one back", async ({
  page,
  world,
}) => {
  const w = await world();
  await signIn(page, w.boss);
  await page.goto("./account");
  await expect(page.getByRole("tabpanel")).toBeVisible();
  const tab = await page.context().newPage();
  await tab.goto("./account");
  await tab.getByRole("button", { name: `Boss ${w.tag}` }).click();
  await tab.getByRole("menuitem", { name: texts("en", "shell")("signOut") }).click();
  const dialog = page.getByRole("dialog", { name: s("ended.title") });
  await expect(dialog).toContainText(s("ended.signed_out"));
  await fillSignIn(tab, w.boss);
  await expect(dialog).toBeHidden();
});

test("a call tells of a disabled account; who cannot sign in again leaves", async ({ page, world, api }) => {
  const w = await world({ members: { lea: "Viewer" } });
  await signIn(page, w.members.lea);
  await page.goto("./account");
  await expect(page.getByRole("tabpanel")).toBeVisible();
  await api.POST("/users/{user}/disable", { params: { path: { user: w.members.lea.id } } });
  await page.getByRole("tab", { name: texts("en", "account")("tab.sessions") }).click();
  const dialog = page.getByRole("dialog", { name: s("ended.title") });
  await expect(dialog).toContainText(s("ended.disabled"));
  await dialog.locator("input[type=password]").fill(password);
  await page.keyboard.press("Enter");
  await expect(dialog.getByRole("alert")).toHaveText(s("refused"));
  await dialog.getByRole("button", { name: s("ended.other") }).click();
  await expect(page).toHaveURL(/\/signin/);
});

test("a password that was set by an administrator ends the session, and the new one goes on", async ({
  page,
  world,
  api,
}) => {
  const w = await world();
  await signIn(page, w.boss);
  await page.goto("./account");
  await expect(page.getByRole("tabpanel")).toBeVisible();
  const next = "seven herons argue about the tide";
  await api.PUT("/users/{user}/password", { params: { path: { user: w.boss.id } }, body: { password: next } });
  await lookAgain(page);
  const dialog = page.getByRole("dialog", { name: s("ended.title") });
  await expect(dialog).toContainText(s("ended.password"));
  await dialog.locator("input[type=password]").fill(next);
  await page.keyboard.press("Enter");
  await expect(dialog).toBeHidden();
});

test("an open page asks by itself within a minute", async ({ page, world }) => {
  const w = await world();
  await page.clock.install();
  await signIn(page, w.boss);
  await page.goto("./account");
  await expect(page.getByRole("tabpanel")).toBeVisible();
  await w.api.POST("/users/{user}/kick", { params: { path: { user: w.boss.id } } });
  await page.clock.fastForward(61_000);
  await expect(page.getByRole("dialog", { name: s("ended.title") })).toContainText(s("ended.kicked"));
});

test("somebody else who signs in in the same browser is not taken for who was there", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  await page.goto("./account");
  await expect(page.getByRole("tabpanel")).toBeVisible();
  await signIn(page, admin());
  await lookAgain(page);
  const dialog = page.getByRole("dialog", { name: s("ended.title") });
  await expect(dialog).toContainText(s("ended.replaced", { name: "" }).trim());
  await checkAccessibility(page);
});

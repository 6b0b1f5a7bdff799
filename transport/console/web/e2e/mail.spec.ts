import type { Page } from "@playwright/test";
import { checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { spoken, texts } from "./support/text";
import type { World } from "./support/world";

const chief = (w: World<string>, language: string) => w.person("chief", { administrator: true, language });
const row = (page: Page, text: string) => page.getByRole("row").filter({ hasText: text });
const open = (page: Page, w: World<string>, template = "") =>
  page.goto(`./platform/organizations/${w.organization.id}?tab=mail${template ? `&template=${template}` : ""}`);

const template = async (w: World<string>, id: string) =>
  done(
    w.api.GET("/organizations/{organization}/mail-templates/{template}", {
      params: { path: { organization: w.organization.id, template: id } },
    }),
  );

// What the harness puts into every frame cannot run in one that has no rights.
test.beforeEach(({ complaints }) => complaints.expect(/^console: Blocked script execution in 'about:srcdoc'/));

/** checkAround holds a page to the rules without the frame of the preview, in which nothing runs, the check neither. */
async function checkAround(page: Page): Promise<void> {
  const show = (display: string) =>
    page.locator("iframe").evaluateAll((all, value) => {
      for (const frame of all) {
        (frame as HTMLElement).style.display = value;
      }
    }, display);
  await show("none");
  await checkAccessibility(page);
  await show("");
}

for (const language of spoken) {
  const t = texts(language, "mail");
  const c = texts(language, "common");

  test.describe(`in ${language}`, () => {
    test("templates are listed by kind and language, and one is rewritten with values put in by a click", async ({
      page,
      world,
    }) => {
      const w = await world({ language });
      await signIn(page, await chief(w, language));
      await open(page, w);
      await expect(row(page, t("kinds.invitation"))).toHaveCount(4);
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `mail-${language}`);
      await page
        .getByRole("link", { name: t("kinds.invitation") })
        .first()
        .click();
      const subject = page.getByRole("textbox", { name: t("subject") });
      await subject.fill("Come to ");
      await page.getByRole("button", { name: t("values.workspace"), exact: true }).click();
      await expect(subject).toHaveValue("Come to {{.workspace}}");
      await expect(subject).toBeFocused();
      // The preview is what is written, before it is kept.
      const preview = page.getByRole("region", { name: t("preview") });
      await expect(preview.locator("dd").filter({ hasText: "Come to Cartography" })).toBeVisible();
      const html = page.getByRole("textbox", { name: t("html") });
      await html.fill(
        '<p>Hi {{.invitee}}, <a href="{{.link}}">come</a>{{if .expires}} until {{date .expires}}{{end}}</p>',
      );
      const frame = page.frameLocator("iframe");
      await expect(frame.getByText("Hi grace@example.org, come until 2026-01-31 12:00 UTC")).toBeVisible();
      await checkAround(page);
      await checkReflow(page);
      await shoot(page, `mail-template-${language}`);
      await page.getByRole("button", { name: c("save"), exact: true }).click();
      await expect(page.getByText(t("saved"))).toBeVisible();
      await expect(page.getByText(t("own"), { exact: true })).toBeVisible();
      expect(await template(w, "invitation.en")).toMatchObject({ subject: "Come to {{.workspace}}", custom: true });

      await page.getByRole("button", { name: t("reset") }).click();
      const dialog = page.getByRole("dialog");
      await expect(dialog).toContainText("Come to {{.workspace}}");
      await checkAround(page);
      await shoot(page, `mail-reset-${language}`);
      await dialog.getByRole("button", { name: t("reset") }).click();
      await expect(page.getByText(t("common"), { exact: true })).toBeVisible();
      expect((await template(w, "invitation.en")).custom).toBe(false);
    });

    test("what is wrong with a template is said at its field, before and when it is saved", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, await chief(w, language));
      await open(page, w, "invitation.fr");
      const html = page.getByRole("textbox", { name: t("html") });
      await html.fill("<p>{{.nobody}} {{.link}}</p>");
      await expect(html).toHaveAttribute("aria-invalid", "true");
      await expect(page.getByText(/of values only \.inviter/)).toBeVisible();
      await expect(page.getByText(t("previewNot"))).toBeVisible();
      await checkAround(page);
      await shoot(page, `mail-wrong-${language}`);
      await html.fill("<p>nothing</p>");
      await page.getByRole("button", { name: c("save"), exact: true }).click();
      await expect(html).toHaveAttribute("aria-invalid", "true");
      await expect(page.getByText(/\{\{\.link\}\} in it/)).toBeVisible();
      expect((await template(w, "invitation.fr")).custom).toBe(false);
      await page.getByRole("button", { name: t("discard") }).click();
      await expect(html).not.toHaveAttribute("aria-invalid", "true");
    });

    test("a language is added with the words of another", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, await chief(w, language));
      await open(page, w);
      await page.getByRole("button", { name: t("addLanguage") }).click();
      const dialog = page.getByRole("dialog", { name: t("addLanguage") });
      await dialog.getByRole("combobox", { name: t("kind") }).click();
      await page.getByRole("option", { name: t("kinds.password_reset") }).click();
      await dialog.getByRole("combobox", { name: new RegExp(`^${t("language")}`) }).fill("fr");
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(dialog.getByText(t("languageThere"))).toBeVisible();
      await dialog.getByRole("combobox", { name: new RegExp(`^${t("language")}`) }).fill("pt-br");
      await checkAccessibility(page);
      await shoot(page, `mail-language-${language}`);
      await dialog.getByRole("button", { name: c("create") }).click();
      await expect(page).toHaveURL(/template=password_reset\.pt-BR/);
      await expect(page.getByRole("main").getByRole("heading", { level: 2 })).toContainText(
        new Intl.DisplayNames(language, { type: "language" }).of("pt-BR") ?? "none",
      );
    });
  });
}

const t = texts("en", "mail");

test("a template with markup does nothing in its preview", async ({ page, world }) => {
  const w = await world();
  await w.api.PUT("/organizations/{organization}/mail-templates/{template}", {
    params: { path: { organization: w.organization.id, template: "invitation.en" } },
    body: {
      subject: "<img src=x onerror=parent.pwned=1>",
      text: "<script>parent.pwned=1</script> {{.link}}",
      html: `<html><head><style>p{color:red}</style><script>parent.pwned=1</script><base href="//evil.example/">
        <meta http-equiv="refresh" content="0;url=//evil.example"><link rel="stylesheet" href="//evil.example/x.css"></head>
        <body onload="parent.pwned=1" style="color:red" background="//evil.example/x.png">
        <p style="color:red" onclick="parent.pwned=1">kept</p><img src="//evil.example/x.png" alt="a picture">
        <iframe src="//evil.example"></iframe><svg onload="parent.pwned=1"></svg><form action="//evil.example"><input autofocus></form>
        <a href="{{.link}}" target="_top">follow</a><table background="//evil.example/y.png"><tr><td>cell</td></tr></table></body></html>`,
    },
  });
  await signIn(page, await chief(w, "en"));
  await open(page, w, "invitation.en");
  const frame = page.frameLocator("iframe");
  await expect(frame.getByText("kept")).toBeVisible();
  await expect(frame.getByText("[a picture]")).toBeVisible();
  await expect(frame.getByRole("cell", { name: "cell" })).toBeVisible();
  await expect(
    frame.locator("script, style, link, meta, base, img, iframe, svg, form, input, a, [style], [background]"),
  ).toHaveCount(0);
  await frame.getByText("follow").click();
  await expect(page.locator("iframe")).toHaveAttribute("sandbox", "");
  expect(await page.evaluate(() => (globalThis as { pwned?: unknown }).pwned)).toBeUndefined();
  await expect(page.getByRole("region", { name: t("preview") })).toContainText("<img src=x onerror=parent.pwned=1>");
});

test("what the preview shows is what the server sends", async ({ page, world }) => {
  const w = await world();
  const ids = ["invitation.ru", "member_added.es", "password_changed.fr", "password_reset.en"];
  await signIn(page, await chief(w, "en"));
  for (const id of ids) {
    const sent = await done(
      w.api.GET("/organizations/{organization}/mail-templates/{template}/preview", {
        params: { path: { organization: w.organization.id, template: id } },
      }),
    );
    await open(page, w, id);
    const text = page.getByRole("region", { name: t("preview") }).locator("pre");
    await expect(text).toHaveText(sent.text.trim());
    // Once it is changed it is filled in here.
    await page.getByRole("textbox", { name: t("plain") }).press("End");
    await page.getByRole("textbox", { name: t("plain") }).pressSequentially(" ");
    await expect(page.getByRole("button", { name: "Save", exact: true })).toBeEnabled();
    await expect(text).toHaveText(sent.text.trim());
    await expect(page.getByRole("region", { name: t("preview") })).toContainText(sent.subject);
  }
});

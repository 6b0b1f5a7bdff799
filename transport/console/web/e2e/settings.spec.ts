import type { Page } from "@playwright/test";
import {
  admin,
  administrator,
  checkAccessibility,
  checkReflow,
  done,
  expect,
  shoot,
  signIn,
  test,
} from "./support/test";
import { spoken, texts } from "./support/text";
import type { World } from "./support/world";

const hostile = `<img src=x onerror="document.title='pwned'">`;
const part = (page: Page, name: string) => page.getByRole("region", { name, exact: true });
const now = (w: World<string>) =>
  done(w.api.GET("/workspaces/{workspace}", { params: { path: { workspace: w.workspace.id } } }));

for (const language of spoken) {
  const t = texts(language, "settings");
  const c = texts(language, "common");
  const q = texts(language, "pools");
  const o = texts(language, "overview");
  const shell = texts(language, "shell");
  const home = texts(language, "home");

  test.describe(`in ${language}`, () => {
    test("J-50 the name is changed, and what else a workspace is", async ({ page, world }) => {
      const w = await world({ language, members: { ad: "Administrator" } });
      await signIn(page, w.members.ad);
      await page.goto(`./workspaces/${w.workspace.id}/settings`);
      const general = part(page, t("general.title"));
      const save = general.getByRole("button", { name: c("save") });
      await expect(save).toBeDisabled();
      const name = general.getByRole("textbox", { name: t("general.name"), exact: true });
      await name.fill("");
      await save.click();
      await expect(general.getByText(c("required"))).toBeVisible();
      await checkAccessibility(page);
      await name.fill(hostile);
      await general.getByRole("textbox", { name: t("general.description") }).fill("What it is about");
      await general.getByRole("textbox", { name: t("project.constructor") }).fill("Bâtisseurs");
      const sent = page.waitForRequest((r) => r.method() === "PATCH" && r.url().endsWith(w.workspace.id));
      await save.click();
      expect((await sent).postDataJSON()).toEqual({
        name: hostile,
        description: "What it is about",
        project: { constructor: "Bâtisseurs" },
      });
      await expect(page.getByText(c("saved"))).toBeVisible();
      await expect(page.getByRole("navigation").getByRole("heading", { name: hostile })).toBeVisible();
      expect(await now(w)).toMatchObject({ name: hostile, description: "What it is about" });
      await expect(save).toBeDisabled();
      await checkReflow(page);
      await shoot(page, `settings-${language}`);
    });

    test("J-51 identifiers are copied, and cannot be written", async ({ page, world, context }) => {
      await context.grantPermissions(["clipboard-read", "clipboard-write"]);
      const w = await world({ language });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/settings`);
      const identifiers = part(page, t("identifiers.title"));
      for (const [name, value] of [
        ["id", w.workspace.id],
        ["technicalName", w.workspace.technical_name],
        ["num", String(w.workspace.num)],
      ] as const) {
        const field = identifiers.getByRole("textbox", { name: t(`identifiers.${name}`), exact: true });
        await expect(field).toHaveValue(value);
        expect(await field.getAttribute("readonly")).not.toBeNull();
        await identifiers
          .getByRole("button", { name: c("copyOf", { name: t(`identifiers.${name}`) }), exact: true })
          .click();
        await expect.poll(() => page.evaluate(() => navigator.clipboard.readText())).toBe(value);
      }
    });

    test("the supervisor is replaced by a member, after being told what follows", async ({ page, world }) => {
      const w = await world({ language, members: { ed: "Editor", vi: "Viewer" } });
      await signIn(page, w.boss);
      await page.goto(`./workspaces/${w.workspace.id}/settings`);
      await part(page, t("supervisor.title"))
        .getByRole("button", { name: t("supervisor.open") })
        .click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("combobox", { name: t("supervisor.new") }).fill("ed-");
      await page.getByRole("option", { name: /Ed/ }).click();
      await expect(dialog).toContainText(t("supervisor.loses", { name: `Boss ${w.tag}` }));
      await expect(dialog).toContainText(t("supervisor.self"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `settings-supervisor-${language}`);
      await dialog.getByRole("button", { name: t("supervisor.act") }).click();
      await expect(dialog).toHaveCount(0);
      expect((await now(w)).supervisor.id).toBe(w.members.ed.id);
    });

    test("a workspace is closed and opened again, as its dialogs say", async ({ page, world, another }) => {
      const w = await world({ language });
      await signIn(page, await administrator(language));
      await page.goto(`./workspaces/${w.workspace.id}/settings`);
      const activation = part(page, t("activation.title"));
      await activation.getByRole("button", { name: t("activation.deactivate") }).click();
      const dialog = page.getByRole("dialog", { name: t("activation.deactivateOf", { name: w.workspace.name }) });
      await expect(dialog).toContainText(t("activation.deactivateText"));
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `settings-deactivate-${language}`);
      await dialog.getByRole("button", { name: t("activation.deactivate") }).click();
      await expect(page.getByText(shell("inactive"), { exact: true }).first()).toBeVisible();
      expect((await now(w)).active).toBe(false);

      const member = await another();
      await signIn(member, w.boss);
      await member.goto(`./workspaces/${w.workspace.id}`);
      await expect(member.getByText(shell("inactiveText"))).toBeVisible();

      await activation.getByRole("button", { name: t("activation.activate") }).click();
      await page
        .getByRole("dialog")
        .getByRole("button", { name: t("activation.activate") })
        .click();
      await expect(activation).toContainText(t("activation.activeText"));
      expect((await now(w)).active).toBe(true);
    });

    test("a workspace is deleted only by who writes its name, knowing what goes", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer", ed: "Editor" } });
      await w.group("Surveyors");
      await w.key("ETL");
      await signIn(page, await administrator(language));
      await page.goto(`./workspaces/${w.workspace.id}/settings`);
      await page.getByRole("button", { name: t("retire.open") }).click();
      const dialog = page.getByRole("dialog", { name: t("retire.of", { name: w.workspace.name }) });
      await expect(dialog).toContainText(t("retire.goes.members", { count: 3 }));
      await expect(dialog).toContainText(t("retire.goes.groups", { count: 1, names: "Surveyors" }));
      await expect(dialog).toContainText(t("retire.ended.keys", { count: 1 }));
      const act = dialog.getByRole("button", { name: t("retire.act") });
      await expect(act).toBeDisabled();
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `settings-retire-${language}`);
      await dialog.getByRole("textbox").fill(w.workspace.name.slice(1));
      await expect(act).toBeDisabled();
      await dialog.getByRole("textbox").fill(w.workspace.name);
      await act.click();
      await expect(page.getByRole("heading", { level: 1, name: home("title") })).toBeVisible();
      await expect(now(w)).rejects.toThrow(/404/);
    });

    test("what changed since the plan is not deleted unseen", async ({ page, world }) => {
      const w = await world({ language });
      await signIn(page, await administrator(language));
      await page.goto(`./workspaces/${w.workspace.id}/settings`);
      await page.getByRole("button", { name: t("retire.open") }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("textbox").fill(w.workspace.name);
      await w.group("Meanwhile");
      await dialog.getByRole("button", { name: t("retire.act") }).click();
      await expect(dialog).toContainText(t("retire.goes.groups", { count: 1, names: "Meanwhile" }));
      await expect(dialog).toContainText(t("retire.changed"));
      expect((await now(w)).name).toBe(w.workspace.name);
    });

    test("quotas are given, changed and taken away", async ({ page, world }) => {
      const w = await world({ language });
      const pool = await done(
        w.api.POST("/pools", {
          body: { kind: "storage", unit: "bytes", name: `Store ${hostile} ${w.tag}`, capacity: 1e12 },
        }),
      );
      const shares = async () =>
        (
          await done(
            w.api.GET("/workspaces/{workspace}/allocations", { params: { path: { workspace: w.workspace.id } } }),
          )
        ).items.map((a) => [a.slot, a.limit]);
      await signIn(page, await administrator(language));
      await page.goto(`./workspaces/${w.workspace.id}/settings`);
      const quotas = part(page, t("quotas.title"));
      await expect(quotas).toContainText(q("share.noneGive"));
      await quotas.getByRole("button", { name: q("give.open") }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("combobox", { name: q("give.pool") }).fill(w.tag);
      await page.getByRole("option", { name: pool.name }).click();
      await dialog.getByRole("combobox", { name: q("give.slot") }).click();
      await page.getByRole("option", { name: q("slots.data") }).click();
      await dialog.getByRole("textbox", { name: q("give.limit") }).fill("1.5");
      await checkAccessibility(page);
      await checkReflow(page);
      await shoot(page, `settings-give-${language}`);
      await dialog.getByRole("button", { name: q("give.act") }).click();
      await expect(dialog).toHaveCount(0);
      expect(await shares()).toEqual([["data", 1.5e9]]);

      const actions = quotas.getByRole("button", {
        name: q("share.actionsOf", { name: `${pool.name}, ${q("slots.data")}` }),
      });
      await actions.click();
      await page.getByRole("menuitem", { name: q("share.change") }).click();
      await dialog.getByRole("checkbox", { name: q("quota.noLimit") }).check();
      await checkAccessibility(page);
      await shoot(page, `settings-limit-${language}`);
      await dialog.getByRole("button", { name: c("save") }).click();
      await expect(dialog).toHaveCount(0);
      expect(await shares()).toEqual([["data", null]]);

      await actions.click();
      await page.getByRole("menuitem", { name: q("share.take") }).click();
      await expect(dialog).toContainText(
        q("share.goesUnlimited", { pool: `${pool.name}, ${q("slots.data")}`, workspace: w.workspace.name }),
      );
      await checkAccessibility(page);
      await shoot(page, `settings-take-${language}`);
      await dialog.getByRole("button", { name: q("share.take") }).click();
      await expect(quotas).toContainText(q("share.noneGive"));
      expect(await shares()).toEqual([]);
    });

    test("seats and classes of resources are limited", async ({ page, world }) => {
      const w = await world({ language, members: { vi: "Viewer" } });
      const at = { path: { workspace: w.workspace.id } };
      await signIn(page, await administrator(language));
      await page.goto(`./workspaces/${w.workspace.id}/settings`);
      const quotas = part(page, t("quotas.title"));
      await quotas.getByRole("button", { name: t("quotas.changeSeats") }).click();
      const dialog = page.getByRole("dialog");
      await dialog.getByRole("checkbox", { name: q("quota.noLimit") }).uncheck();
      await dialog.getByRole("textbox", { name: t("quotas.seats") }).fill("1");
      await expect(dialog.getByText(q("quota.below"))).toBeVisible();
      await checkAccessibility(page);
      await shoot(page, `settings-seats-${language}`);
      await dialog.getByRole("button", { name: c("save") }).click();
      await expect(quotas).toContainText(q("quota.standing.over", { by: "1" }));
      expect(await done(w.api.GET("/workspaces/{workspace}/seats", { params: at }))).toMatchObject({
        used: 2,
        limit: 1,
      });
      await expect(quotas).toContainText(o("seats"));

      await quotas.getByRole("button", { name: t("quotas.add") }).click();
      await dialog.getByRole("combobox", { name: t("quotas.class") }).click();
      const option = page.getByRole("listbox").getByRole("option").first();
      const name = (await option.textContent()) ?? "";
      await option.click();
      await dialog.getByRole("textbox", { name: t("quotas.most") }).fill("3");
      await checkAccessibility(page);
      await shoot(page, `settings-class-${language}`);
      await dialog.getByRole("button", { name: t("quotas.addAct") }).click();
      const actions = quotas.getByRole("button", { name: t("quotas.actionsOf", { name }) });
      await actions.click();
      await page.getByRole("menuitem", { name: t("quotas.lift") }).click();
      await expect(dialog).toContainText(t("quotas.liftGoes", { name, limit: 3 }));
      await checkAccessibility(page);
      await dialog.getByRole("button", { name: t("quotas.lift") }).click();
      await expect(actions).toHaveCount(0);
    });
  });
}

test("the name is changed by the keyboard alone", async ({ page, world }) => {
  const w = await world();
  await signIn(page, w.boss);
  await page.goto(`./workspaces/${w.workspace.id}/settings`);
  const name = page.getByRole("textbox", { name: "Name", exact: true });
  await name.focus();
  await page.keyboard.press("Control+A");
  await page.keyboard.type("By keys");
  await page.keyboard.press("Enter");
  await expect(page.getByText("Saved")).toBeVisible();
  expect((await now(w)).name).toBe("By keys");
});

test("J-01 an Editor and a Viewer change nothing here", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  await signIn(page, w.members.ed);
  await page.goto(`./workspaces/${w.workspace.id}/settings`);
  await expect(part(page, "General")).toBeVisible();
  await expect(page.getByRole("link", { name: "Settings" })).toHaveCount(0);
  await page.waitForLoadState("networkidle");
  for (const name of ["Save", "Replace", "Change", "Deactivate", "Delete this workspace", "Give a share"]) {
    await expect(page.getByRole("button", { name, exact: true })).toHaveCount(0);
  }
  await expect(page.getByRole("textbox", { name: "Name", exact: true })).toHaveAttribute("readonly", "");
  await checkAccessibility(page);
});

test("what the server refuses is said at the field", async ({ page, world }) => {
  const w = await world();
  const other = await world();
  await signIn(page, admin());
  await page.goto(`./workspaces/${w.workspace.id}/settings`);
  const general = part(page, "General");
  await general.getByRole("textbox", { name: "Technical name" }).fill(other.workspace.technical_name);
  await general.getByRole("button", { name: "Save" }).click();
  await expect(general.getByText("This is taken already. Choose another.")).toBeVisible();
  await expect(general.getByRole("textbox", { name: "Technical name" })).toHaveAttribute("aria-invalid", "true");
  await general.getByRole("button", { name: "Undo changes" }).click();
  await expect(general.getByRole("textbox", { name: "Technical name" })).toHaveValue(w.workspace.technical_name);
});

test("what stands against deleting is told, and looked at again", async ({ page, world }) => {
  const w = await world();
  await signIn(page, admin());
  let blocked = true;
  await page.route("**/departure?*", async (route) => {
    const answer = await route.fetch();
    const plan = await answer.json();
    const blockers = blocked ? [{ code: "in_use", text: "the datastore is to be closed first" }] : [];
    await route.fulfill({ response: answer, json: { ...plan, blockers } });
  });
  await page.goto(`./workspaces/${w.workspace.id}/settings`);
  await page.getByRole("button", { name: "Delete this workspace" }).click();
  const dialog = page.getByRole("dialog");
  await expect(dialog).toContainText("the datastore is to be closed first");
  await expect(dialog.getByRole("button", { name: "Delete with everything in it" })).toHaveCount(0);
  await checkAccessibility(page);
  await shoot(page, "settings-blocked");
  blocked = false;
  await dialog.getByRole("button", { name: "Look again" }).click();
  await expect(dialog.getByRole("button", { name: "Delete with everything in it" })).toBeDisabled();
});

test("the organization is changed by who administers both", async ({ page, world }) => {
  const w = await world();
  const other = await world();
  await signIn(page, admin());
  await page.goto(`./workspaces/${w.workspace.id}/settings`);
  await part(page, "Organization").getByRole("button", { name: "Change" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("combobox", { name: "New organization" }).fill(other.tag);
  await page.getByRole("option", { name: other.organization.name }).click();
  await checkAccessibility(page);
  await shoot(page, "settings-organization");
  await dialog.getByRole("button", { name: "Change the organization" }).click();
  await expect(part(page, "Organization")).toContainText(other.organization.name);
  expect((await now(w)).organization?.id).toBe(other.organization.id);
});

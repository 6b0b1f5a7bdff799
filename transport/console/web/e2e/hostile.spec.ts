import type { Page } from "@playwright/test";
import { hostile } from "./support/hostile";
import { admin, done, expect, signIn, soon, test } from "./support/test";

/** harmless wants that nothing which a page shows was run; what its policy refused fails the test by itself. */
async function harmless(page: Page): Promise<void> {
  expect(await page.evaluate(() => (globalThis as { pwned?: unknown }).pwned), page.url()).toBeUndefined();
}

/** shown wants every name to be on a page, as text. */
async function shown(page: Page, names: readonly string[]): Promise<void> {
  await expect
    .poll(
      async () => {
        const text = await page.evaluate(() =>
          [...document.querySelectorAll("main *")]
            .map((e) => (e.childElementCount ? "" : (e.textContent ?? "")))
            .join("\n"),
        );
        return names.filter((name) => !text.includes(name));
      },
      { message: `${page.url()} shows all`, timeout: 20_000 },
    )
    .toEqual([]);
  await harmless(page);
}

test.describe.configure({ timeout: 240_000 });

test("forty hostile names in every field, shown on every page, run nothing", async ({ page, world, context }) => {
  expect(hostile).toHaveLength(40);
  await context.addInitScript(() => {
    for (const name of ["alert", "confirm", "prompt"] as const) {
      globalThis[name] = (() => {
        (globalThis as { pwned?: unknown }).pwned = name;
      }) as never;
    }
  });
  const w = await world({ name: hostile[0] });
  const at = { path: { workspace: w.workspace.id } };
  const boss = w.boss.api;
  await boss.PATCH("/workspaces/{workspace}", { params: at, body: { description: hostile[1], contact: hostile[2] } });
  for (const [i, name] of hostile.entries()) {
    const someone = await done(
      w.api.POST("/users", {
        body: {
          username: `h${i}-${w.tag}`,
          email: `h${i}-${w.tag}@example.org`,
          first_name: name,
          last_name: "",
          language: "en",
        },
      }),
    );
    await boss.PUT("/workspaces/{workspace}/members/{principal}", {
      params: { path: { workspace: w.workspace.id, principal: someone.num } },
      body: { roles: ["Viewer"] },
    });
    await boss.POST("/workspaces/{workspace}/groups", { params: at, body: { name, description: name } });
    await boss.POST("/workspaces/{workspace}/keys", {
      params: at,
      body: { title: name, role: "Viewer", expires: soon() },
    });
    await w.resource(name, { description: name });
  }
  await w.api.PATCH("/organizations/{organization}", {
    params: { path: { organization: w.organization.id } },
    body: { name: `${hostile[3]} ${w.tag}`, note: hostile[4], address: hostile[5], contact: hostile[6] },
  });
  await w.api.POST("/pools", {
    body: { name: `${hostile[7]} ${w.tag}`, kind: "storage", unit: "bytes", description: hostile[8] },
  });
  await w.api.PUT("/roles/{role}", {
    params: { path: { role: `odd ${w.tag}` } },
    body: { title: hostile[9] ?? "", permissions: ["workspace.read"] },
  });

  await signIn(page, w.boss);
  const base = `./workspaces/${w.workspace.id}`;
  for (const [path, names] of [
    ["./", [hostile[0]]],
    [base, [hostile[0]]],
    [`${base}/members?size=200`, hostile],
    [`${base}/groups`, hostile],
    [`${base}/keys`, hostile],
    [`${base}/resources`, hostile.slice(0, 8)],
    [`${base}/content`, hostile],
    [`${base}/settings`, []],
    [`${base}/roles`, []],
    [`${base}/invitations`, []],
    [`${base}/databases`, []],
    [`${base}/audit`, hostile.slice(-8)],
  ] as [string, string[]][]) {
    await page.goto(path, { waitUntil: "networkidle" });
    await shown(page, names);
  }

  await signIn(page, admin());
  for (const path of ["organizations", "workspaces", "users", "logins", "pools", "roles", "databases", "audit"]) {
    await page.goto(`./platform/${path}?q=${w.tag}`, { waitUntil: "networkidle" });
    await harmless(page);
  }
  await page.goto(`./platform/organizations/${w.organization.id}`, { waitUntil: "networkidle" });
  await shown(page, [`${hostile[3]} ${w.tag}`]);
});

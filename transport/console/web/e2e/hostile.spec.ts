import type { Page } from "@playwright/test";
import { hostile } from "./support/hostile";
import { administrator, done, expect, signIn, soon, test } from "./support/test";

/** harmless wants that nothing which a page shows was run; what its policy refused fails the test by itself. */
async function harmless(page: Page): Promise<void> {
  expect(await page.evaluate(() => (globalThis as { pwned?: unknown }).pwned), page.url()).toBeUndefined();
}

/** texts is all that a page has written in it, dialogs as well. */
const texts = (page: Page): Promise<string> =>
  page.evaluate(() =>
    [...document.querySelectorAll("main *, [role=dialog] *")]
      .map((e) => (e.childElementCount ? "" : (e.textContent ?? "")))
      .join("\n"),
  );

/** shown opens a page and wants every name to be on it, as text. */
async function shown(page: Page, path: string, names: readonly string[]): Promise<void> {
  await page.goto(path, { waitUntil: "networkidle" });
  expect(names.length).toBeGreaterThan(0);
  await expect
    .poll(() => texts(page).then((text) => names.filter((name) => !text.includes(name))), {
      message: `${page.url()} shows all`,
      timeout: 20_000,
    })
    .toEqual([]);
  await harmless(page);
}

/** all makes something of every hostile name, some at once. */
async function all<T>(make: (name: string, i: number) => Promise<T>): Promise<T[]> {
  const made: T[] = [];
  for (let i = 0; i < hostile.length; i += 8) {
    made.push(...(await Promise.all(hostile.slice(i, i + 8).map((name, k) => make(name, i + k)))));
  }
  return made;
}

test.describe.configure({ timeout: 180_000 });

test("forty hostile names of people, groups and keys run nothing", async ({ page, world }) => {
  expect(hostile).toHaveLength(40);
  const w = await world({ name: hostile[0] });
  const at = { path: { workspace: w.workspace.id } };
  const { api } = w.boss;
  const people = await all((name, i) =>
    w.person(`h${i}`, { first_name: name, last_name: hostile[(i + 1) % hostile.length] }),
  );
  await all(async (name, i) => {
    await w.join(people[i] as never, "Viewer");
    await api.POST("/workspaces/{workspace}/groups", { params: at, body: { name, description: name } });
    await api.POST("/workspaces/{workspace}/keys", {
      params: at,
      body: { title: name, role: "Viewer", expires: soon() },
    });
  });
  await signIn(page, w.boss);
  await api.PUT("/me/preferences/{preference}", {
    params: { path: { preference: "table.members" } },
    body: { value: { size: 200, hidden: hostile, shown: hostile, sort: hostile[1] } },
  });
  for (const table of ["groups", "keys", "content"]) {
    await api.PUT("/me/preferences/{preference}", {
      params: { path: { preference: `table.${table}` } },
      body: { value: { size: 200 } },
    });
  }
  const base = `./workspaces/${w.workspace.id}`;
  await shown(page, "./", [hostile[0] ?? ""]);
  await shown(page, base, [hostile[0] ?? ""]);
  await shown(page, `${base}/members`, hostile);
  for (const item of ["Display info", "Modify", "Delete"]) {
    await page.getByRole("row").nth(7).getByRole("button").last().click();
    await page.getByRole("menuitem", { name: item, exact: true }).click();
    await expect(page.getByRole("dialog")).toBeVisible();
    await page.waitForLoadState("networkidle");
    await harmless(page);
    await page.keyboard.press("Escape");
    await expect(page.getByRole("dialog")).toHaveCount(0);
  }
  await shown(page, `${base}/groups`, hostile);
  await page.getByRole("row").nth(3).getByRole("link").first().click();
  await expect(page).toHaveURL(/\/groups\//);
  await harmless(page);
  await shown(page, `${base}/keys`, hostile);
  await page.getByRole("row").nth(3).getByRole("button").last().click();
  await page.getByRole("menuitem", { name: "Display info", exact: true }).click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await harmless(page);
  await signIn(page, await administrator("en"));
  await shown(page, `./platform/users/${people[1]?.id}`, [hostile[1] ?? "", hostile[2] ?? ""]);
});

test("forty hostile names of resources run nothing", async ({ page, world }) => {
  const w = await world({ members: { ed: "Editor" } });
  const made = await all((name) => w.resource(name, { description: name }));
  for (const { num } of made.slice(0, 3)) {
    await w.boss.api.POST("/resources/{resource}/rules", {
      params: { path: { resource: num } },
      body: { effect: "deny", principal: w.members.ed.num, scope: "resource", permission: "update" },
    });
  }
  await w.boss.api.PUT("/me/preferences/{preference}", {
    params: { path: { preference: "table.content" } },
    body: { value: { size: 200 } },
  });
  await signIn(page, w.boss);
  const base = `./workspaces/${w.workspace.id}`;
  await shown(page, `${base}/content`, hostile);
  // The tree has no more rows in the page than are in sight.
  await page.goto(`${base}/resources`, { waitUntil: "networkidle" });
  const seen = new Set<string>();
  const tree = page.getByRole("tree");
  await tree.hover();
  for (let i = 0; i <= hostile.length; i++) {
    for (const name of hostile.filter((n) => !seen.has(n))) {
      if ((await tree.textContent())?.includes(name)) {
        seen.add(name);
      }
    }
    if (seen.size === hostile.length) {
      break;
    }
    await page.mouse.wheel(0, 200);
    await page.waitForTimeout(100);
  }
  expect(hostile.filter((name) => !seen.has(name))).toEqual([]);
  await harmless(page);
  for (const [i, resource] of made.slice(0, 3).entries()) {
    await shown(page, `${base}/resources?node=${resource.num}`, [hostile[i] ?? ""]);
    for (const tab of ["rules", "access"]) {
      await page.goto(`${base}/resources?node=${resource.num}&tab=${tab}`, { waitUntil: "networkidle" });
      await harmless(page);
    }
  }
  await page.getByRole("button", { name: /^Why/ }).first().click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await page.waitForLoadState("networkidle");
  await harmless(page);
  // What was done with them is told, with what was there before and after.
  await shown(page, `${base}/audit`, hostile.slice(-8));
  await page.getByRole("row").nth(4).getByRole("button").last().click();
  await page.getByRole("menuitem").first().click();
  await expect(page.getByRole("dialog")).toBeVisible();
  await harmless(page);
});

test("forty hostile names of what is on the platform run nothing", async ({ page, world }) => {
  const w = await world();
  const root = await administrator("en");
  const named = (i: number) => `${hostile[i % hostile.length]} ${w.tag}`;
  await all(async (_, i) => {
    await w.api.POST("/organizations", {
      body: { name: named(i), note: named(i), address: named(i), contact: named(i), economic_model: named(i) },
    });
    await w.api.POST("/pools", { body: { name: named(i), kind: "storage", unit: "bytes", description: named(i) } });
    await w.api.POST("/workspaces", {
      body: {
        name: named(i),
        technical_name: `h${i}-${w.tag}`,
        organization: w.organization.id,
        supervisor: w.boss.id,
        description: named(i),
        contact: named(i),
      },
    });
    await w.api.PUT("/roles/{role}", {
      params: { path: { role: `odd ${i} ${w.tag}` } },
      body: { title: named(i), permissions: ["workspace.read"] },
    });
  });
  const everything = hostile.map((_, i) => named(i));
  for (const table of ["organizations", "pools", "workspaces", "platform-roles"]) {
    await root.api.PUT("/me/preferences/{preference}", {
      params: { path: { preference: `table.${table}` } },
      body: { value: { size: 200 } },
    });
  }
  await signIn(page, root);
  for (const list of ["organizations", "pools", "workspaces", "roles"]) {
    await shown(page, `./platform/${list}?q=${w.tag}`, everything);
  }
  const [organization] = (await done(w.api.GET("/organizations", { params: { query: { q: named(1), limit: 1 } } })))
    .items;
  await page.goto(`./platform/organizations/${organization?.id}`, { waitUntil: "networkidle" });
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(named(1));
  await harmless(page);
  for (const list of ["logins", "databases", "audit"]) {
    await page.goto(`./platform/${list}`, { waitUntil: "networkidle" });
    await harmless(page);
  }
  await signIn(page, w.boss);
  await shown(page, "./?size=200", [named(0), named(1)]);
  for (const i of [1, 2, 3]) {
    const { items } = await done(w.boss.api.GET("/me/workspaces", { params: { query: { limit: 200 } } }));
    const id = items.find((m) => m.workspace.name === named(i))?.workspace.id;
    await shown(page, `./workspaces/${id}`, [named(i)]);
    await page.goto(`./workspaces/${id}/settings`, { waitUntil: "networkidle" });
    await expect(page.locator("textarea").first()).toHaveValue(named(i));
    await harmless(page);
  }
});

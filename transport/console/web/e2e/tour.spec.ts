import { readFileSync } from "node:fs";
import type { Page } from "@playwright/test";
import { administrator, checkAccessibility, checkReflow, done, expect, shoot, signIn, test } from "./support/test";
import { spoken } from "./support/text";
import type { World } from "./support/world";

test.describe.configure({ timeout: 240_000 });

/** A place is a page, by the path that src/routes.tsx has for it, opened with what stands for its parameters. */
type Place = { path: string; with?: Record<string, string>; after?: string };

/** look holds a page to what all pages are held to, and takes its pictures. */
async function look(page: Page, { path, with: parameters = {}, after = "" }: Place, language: string): Promise<void> {
  const address = Object.entries(parameters).reduce((at, [name, value]) => at.replace(`$${name}`, value), path);
  const answers = page.waitForLoadState("networkidle");
  await page.goto(`./${address.replace(/^\//, "")}${after}`);
  await answers;
  await expect(page.getByRole("heading", { level: 1 })).toHaveCount(1);
  await expect(page.locator(".mantine-Skeleton-root")).toHaveCount(0); // nothing is waited for any more
  await expect(page.getByRole("alert")).toHaveCount(0);
  await expect(page).toHaveTitle(/\S/);
  await checkAccessibility(page);
  await checkReflow(page);
  if (language === "en") {
    await shoot(page, `page-${path.replaceAll(/[^a-z]+/g, "-").replaceAll(/^-|-$/g, "") || "home"}`);
  }
}

/** lived is a workspace in which people have done something. */
async function lived(world: (wishes: object) => Promise<World<"ed" | "vi">>, language: string) {
  const w = await world({ language, members: { ed: "Editor", vi: "Viewer" } });
  const group = await w.group("Surveyors", w.members.ed);
  await w.key("Harvester");
  const pending = await w.invite({ email: `guest-${w.tag}@example.org`, roles: ["Viewer"] });
  const folder = await w.resource("Town plan");
  const layer = await w.layer("Hydrants", { parent: folder.num });
  for (const [name, height] of [
    ["North", 12],
    ["South", 7],
  ]) {
    await w.boss.api.POST("/resources/{resource}/features", {
      params: { path: { resource: layer.num } },
      body: { geometry: { type: "Point", coordinates: [7.4, 46.9] }, properties: { name, height } },
    });
  }
  const pool = await done(
    w.api.POST("/pools", {
      body: { name: `Disk ${w.tag}`, kind: "storage", unit: "bytes", capacity: 5_000_000_000_000, type: "POSTGRESQL" },
    }),
  );
  await done(
    w.api.PUT("/workspaces/{workspace}/allocations/{pool}", {
      params: { path: { workspace: w.workspace.id, pool: pool.id }, query: { slot: "data" } },
      body: { limit: 2_000_000_000 },
    }),
  );
  return { ...w, group, pending, folder, layer, pool };
}

type Lived = Awaited<ReturnType<typeof lived>>;

const before = (w: Pick<Lived, "pending">): Place[] => [
  { path: "signin" },
  { path: "forgotten" },
  { path: "invitation", after: `#token=${w.pending.token}` },
];

const inside = (w: Lived): Place[] => [
  { path: "/" },
  { path: "account" },
  ...[
    "/",
    "/members",
    "/invitations",
    "/keys",
    "/groups",
    "/groups/$group",
    "/roles",
    "/resources",
    "/content",
    "/databases",
    "/audit",
    "/settings",
  ].map((part) => ({
    path: `workspaces/$workspace${part}`,
    with: { workspace: w.workspace.id, group: w.group.id },
    after: part === "/resources" ? `?node=${w.layer.num}` : "",
  })),
];

const platform = (w: Lived): Place[] =>
  [
    "organizations",
    "organizations/$organization",
    "workspaces",
    "users",
    "users/$user",
    "logins",
    "pools",
    "pools/$pool",
    "roles",
    "databases",
    "audit",
  ].map((part) => ({
    path: `platform/${part}`,
    with: { organization: w.organization.id, user: w.boss.id, pool: w.pool.id },
  }));

/** Pages of which there is nothing to see without more than a world has, and the spec that looks at each. */
const elsewhere = { "platform/databases/$database": "databases.spec.ts" };

for (const language of spoken) {
  test(`every page of who comes holds to what all do, in ${language}`, async ({ page, world }) => {
    const w = await lived(world as never, language);
    await page.addInitScript((l) => localStorage.setItem("bailiwick-language", l), language);
    for (const place of before(w)) {
      await look(page, place, language);
    }
  });

  test(`every page of a workspace holds to what all do, in ${language}`, async ({ page, world }) => {
    const w = await lived(world as never, language);
    await signIn(page, w.boss);
    for (const place of inside(w)) {
      await look(page, place, language);
    }
  });

  test(`every page of the platform holds to what all do, in ${language}`, async ({ page, world }) => {
    const w = await lived(world as never, language);
    await signIn(page, await administrator(language));
    for (const place of platform(w)) {
      await look(page, place, language);
    }
  });
}

test("no page is left out of these", () => {
  const nothing = { id: "", num: 0, token: "" };
  const w = { workspace: nothing, group: nothing, pending: nothing, layer: nothing, pool: nothing, boss: nothing };
  const all = { ...w, organization: nothing } as unknown as Lived;
  const visited = [...before(all), ...inside(all), ...platform(all)].map((p) => p.path);
  const source = readFileSync(new URL("../src/routes.tsx", import.meta.url), "utf8");
  const routes = [
    ...[...source.matchAll(/path: "([a-z]+|\/)",/g)].map((m) => m[1]),
    ...[...source.matchAll(/\bpage\("([^"]+)"/g)].map((m) => m[1]),
    ...[...source.matchAll(/\bpart\("\/?([^"]*)"/g)].map((m) => `workspaces/$workspace/${m[1]}`),
  ];
  expect(routes.length).toBeGreaterThan(20);
  expect([...visited, ...Object.keys(elsewhere)].sort()).toEqual([...routes].sort());
});

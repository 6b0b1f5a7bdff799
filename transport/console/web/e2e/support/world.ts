import { randomBytes } from "node:crypto";
import { type Api, adminApi, done, type Schemas } from "./api";

/** Everybody's password. */
export const password = "an otter swims upstream at 9";

/** Somebody with an account, with the API as he calls it. */
export type Person = Schemas["User"] & { password: string; api: Api };

/** What a world is made with. */
export type Wishes<Name extends string> = {
  /** Members of the workspace besides its supervisor, with their roles: { ed: "Editor", lea: [] }. */
  members?: Record<Name, string | string[]>;
  /** Everybody's language, "en" unless it is said. */
  language?: string;
  /** The name of the workspace, made up unless it is said. */
  name?: string;
};

/**
 * A World is an organization of its own with one workspace, so that tests know
 * nothing of each other. Whatever is in it has the tag in its name.
 */
export type World<Name extends string> = {
  tag: string;
  /** The API as the platform's administrator calls it. */
  api: Api;
  organization: Schemas["Organization"];
  workspace: Schemas["Workspace"];
  boss: Person;
  members: Record<Name, Person>;
  /** Makes somebody who is member of nothing. */
  person(name: string, like?: Partial<Schemas["UserNew"]>): Promise<Person>;
  /** Makes somebody a member with some roles. */
  join(who: Person, ...roles: string[]): Promise<Schemas["Member"]>;
  /** Makes a group of the workspace. */
  group(name: string, ...who: Person[]): Promise<Schemas["Group"]>;
  /** Makes an invitation as the supervisor does, and returns it with its token. */
  invite(body: Schemas["InvitationNew"]): Promise<Schemas["Invitation"] & { token: string }>;
  /** Makes a key of the workspace as the supervisor does; its secret is in it. */
  key(title: string, like?: Partial<Schemas["KeyNew"]>): Promise<Schemas["Key"]>;
  /** Makes a resource as the supervisor does, below the workspace unless a parent is said. */
  resource(name: string, like?: Partial<Schemas["ResourceNew"]>): Promise<Schemas["Resource"]>;
  /** Makes a layer of points with the fields name and height. */
  layer(name: string, like?: Partial<Schemas["ResourceNew"]>): Promise<Schemas["Resource"]>;
};

/** fresh returns what no other name has in it. */
export const fresh = (): string => randomBytes(4).toString("hex");

/** person makes somebody with an account. */
export async function person(tag: string, name: string, like: Partial<Schemas["UserNew"]> = {}): Promise<Person> {
  const api = adminApi();
  const user = await done(
    api.POST("/users", {
      body: {
        username: `${name}-${tag}`,
        email: `${name}-${tag}@example.org`,
        first_name: name.charAt(0).toUpperCase() + name.slice(1),
        last_name: tag,
        language: "en",
        ...like,
      },
    }),
  );
  await api.PUT("/users/{user}/password", { params: { path: { user: user.id } }, body: { password } });
  return { ...user, password, api: api.as(user.username, password) };
}

/** world makes a World. */
export async function world<Name extends string = never>(wishes: Wishes<Name> = {}): Promise<World<Name>> {
  const tag = fresh();
  const api = adminApi();
  const language = wishes.language ?? "en";
  const names = Object.keys(wishes.members ?? {}) as Name[];
  const [organization, boss, ...people] = await Promise.all([
    done(api.POST("/organizations", { body: { name: `Organization ${tag}` } })),
    person(tag, "boss", { language }),
    ...names.map((name) => person(tag, name, { language })),
  ]);
  const workspace = await done(
    api.POST("/workspaces", {
      body: {
        name: wishes.name ?? `Workspace ${tag}`,
        technical_name: `w-${tag}`,
        organization: organization.id,
        supervisor: boss.id,
      },
    }),
  );
  const at = { path: { workspace: workspace.id } };
  const members = Object.fromEntries(people.map((p, i) => [names[i], p])) as Record<Name, Person>;
  const it: World<Name> = {
    tag,
    api,
    organization,
    workspace,
    boss,
    members,
    person: (name, like) => person(tag, name, { language, ...like }),
    join: (who, ...roles) =>
      done(
        api.PUT("/workspaces/{workspace}/members/{principal}", {
          params: { path: { workspace: workspace.id, principal: who.num } },
          body: { roles },
        }),
      ),
    async group(name, ...who) {
      const group = await done(api.POST("/workspaces/{workspace}/groups", { params: at, body: { name } }));
      for (const p of who) {
        await api.PUT("/groups/{group}/users/{user}", { params: { path: { group: group.id, user: p.id } } });
      }
      return group;
    },
    async invite(body) {
      const made = await done(boss.api.POST("/workspaces/{workspace}/invitations", { params: at, body }));
      return { ...made, token: tokenOf(made.link ?? "") };
    },
    key: (title, like) =>
      done(
        boss.api.POST("/workspaces/{workspace}/keys", {
          params: at,
          body: { title, role: "Viewer", expires: soon(), ...like },
        }),
      ),
    resource: (display_name, like) =>
      done(
        boss.api.POST("/resources", {
          body: { parent: workspace.num, class: "resource_group", display_name, ...like },
        }),
      ),
    layer: (name, like) =>
      it.resource(name, {
        class: "vector_layer",
        settings: {
          vector_layer: {
            srs: { id: 4326 },
            geometry_type: "POINT",
            fields: [
              { keyname: "name", display_name: "Name", datatype: "STRING", label_field: true },
              { keyname: "height", display_name: "Height", datatype: "INTEGER" },
            ],
          },
        },
        ...like,
      }),
  };
  for (const name of names) {
    const roles = wishes.members?.[name] ?? [];
    await it.join(members[name], ...[roles].flat());
  }
  return it;
}

/** tokenOf returns the token that a link of an invitation holds. */
export function tokenOf(link: string): string {
  const token = /token=([\w-]+)/.exec(link)?.[1];
  if (!token) {
    throw new Error(`there is no token in ${link}`);
  }
  return token;
}

/** soon is a date in a month, as the API takes it. */
export const soon = (): string => new Date(Date.now() + 30 * 24 * 3600 * 1000).toISOString().slice(0, 10);

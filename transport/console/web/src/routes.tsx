import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  type RouteComponent,
} from "@tanstack/react-router";
import { Lost } from "./shell/Lost";
import { Broken, Waiting } from "./shell/Waiting";
import { useAllTexts } from "./text/LanguageProvider";

type Search = Record<string, string | undefined>;

const root = createRootRoute({
  component: Outlet,
  notFoundComponent: Lost,
  errorComponent: Broken,
  // What is in the address is text; each page knows what it means by it.
  validateSearch: (search: Record<string, unknown>): Search =>
    Object.fromEntries(
      Object.entries(search).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
    ),
});

type Load = () => Promise<{ default: RouteComponent }>;

/** Pages that anybody sees. */
const entry = [
  createRoute({
    getParentRoute: () => root,
    path: "signin",
    component: lazyRouteComponent(() => import("./pages/entry/SignIn")),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "forgotten",
    component: lazyRouteComponent(() => import("./pages/entry/Forgotten")),
  }),
  createRoute({
    getParentRoute: () => root,
    path: "invitation",
    component: lazyRouteComponent(() => import("./pages/entry/Invitation")),
  }),
];

const inside = createRoute({
  getParentRoute: () => root,
  id: "inside",
  component: lazyRouteComponent(() => import("./shell/Inside"), "Inside"),
});

const home = createRoute({
  getParentRoute: () => inside,
  path: "/",
  component: lazyRouteComponent(() => import("./pages/home/Home")),
});

/** Whoever goes further than to his workspaces needs more texts than are fetched at first. */
const further = createRoute({ getParentRoute: () => inside, id: "further", component: Further });

function Further() {
  return useAllTexts() ? <Outlet /> : <Waiting />;
}

/** page makes a page below the layout of who is signed in. */
function page<P extends string>(path: P, load: Load) {
  return createRoute({ getParentRoute: () => further, path, component: lazyRouteComponent(load) });
}

const workspace = createRoute({
  getParentRoute: () => further,
  path: "workspaces/$workspace",
  component: lazyRouteComponent(() => import("./pages/workspace/WorkspaceLayout")),
});

/** part makes a page of one workspace. */
function part<P extends string>(path: P, load: Load) {
  return createRoute({ getParentRoute: () => workspace, path, component: lazyRouteComponent(load) });
}

const tree = root.addChildren([
  ...entry,
  inside.addChildren([
    home,
    further.addChildren([
      page("account", () => import("./pages/account/Account")),
      workspace.addChildren([
        part("/", () => import("./pages/workspace/overview/Overview")),
        part("members", () => import("./pages/workspace/members/Members")),
        part("invitations", () => import("./pages/workspace/invitations/Invitations")),
        part("keys", () => import("./pages/workspace/keys/Keys")),
        part("groups", () => import("./pages/workspace/groups/Groups")),
        part("groups/$group", () => import("./pages/workspace/groups/GroupPage")),
        part("roles", () => import("./pages/workspace/roles/Roles")),
        part("resources", () => import("./pages/workspace/resources/Resources")),
        part("content", () => import("./pages/workspace/content/Content")),
        part("databases", () => import("./pages/workspace/databases/WorkspaceDatabases")),
        part("audit", () => import("./pages/workspace/audit/WorkspaceAudit")),
        part("settings", () => import("./pages/workspace/settings/Settings")),
      ]),
      page("platform/organizations", () => import("./pages/platform/organizations/Organizations")),
      page("platform/organizations/$organization", () => import("./pages/platform/organizations/OrganizationPage")),
      page("platform/workspaces", () => import("./pages/platform/workspaces/Workspaces")),
      page("platform/users", () => import("./pages/platform/users/Users")),
      page("platform/users/$user", () => import("./pages/platform/users/UserPage")),
      page("platform/logins", () => import("./pages/platform/logins/Logins")),
      page("platform/pools", () => import("./pages/platform/pools/Pools")),
      page("platform/pools/$pool", () => import("./pages/platform/pools/PoolPage")),
      page("platform/roles", () => import("./pages/platform/roles/PlatformRoles")),
      page("platform/databases", () => import("./pages/platform/databases/Databases")),
      page("platform/databases/$database", () => import("./pages/platform/databases/DatabasePage")),
      page("platform/audit", () => import("./pages/platform/audit/PlatformAudit")),
    ]),
  ]),
]);

export const router = createRouter({
  routeTree: tree,
  // The page says by its <base> where it is mounted.
  basepath: new URL(document.baseURI).pathname,
  defaultPreload: "intent",
  defaultPendingComponent: Waiting,
  defaultErrorComponent: Broken,
  defaultPendingMs: 300,
  scrollRestoration: true,
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const pairs = Object.entries(search as Search).filter((pair): pair is [string, string] => Boolean(pair[1]));
    return pairs.length > 0 ? `?${new URLSearchParams(pairs)}` : "";
  },
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}

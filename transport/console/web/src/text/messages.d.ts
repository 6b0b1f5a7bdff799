import type { Language } from "./catalog";
import type account from "./en/account.json";
import type audit from "./en/audit.json";
import type common from "./en/common.json";
import type databases from "./en/databases.json";
import type explain from "./en/explain.json";
import type groups from "./en/groups.json";
import type home from "./en/home.json";
import type invitations from "./en/invitations.json";
import type keys from "./en/keys.json";
import type mail from "./en/mail.json";
import type members from "./en/members.json";
import type organizations from "./en/organizations.json";
import type overview from "./en/overview.json";
import type pools from "./en/pools.json";
import type problem from "./en/problem.json";
import type resources from "./en/resources.json";
import type roles from "./en/roles.json";
import type session from "./en/session.json";
import type settings from "./en/settings.json";
import type shell from "./en/shell.json";
import type table from "./en/table.json";
import type users from "./en/users.json";
import type words from "./en/words.json";
import type workspaces from "./en/workspaces.json";

// English is what the other languages are held to (catalog.test.ts).
declare module "use-intl" {
  interface AppConfig {
    Locale: Language;
    Messages: {
      account: typeof account;
      audit: typeof audit;
      common: typeof common;
      databases: typeof databases;
      explain: typeof explain;
      groups: typeof groups;
      home: typeof home;
      invitations: typeof invitations;
      keys: typeof keys;
      mail: typeof mail;
      members: typeof members;
      organizations: typeof organizations;
      overview: typeof overview;
      pools: typeof pools;
      problem: typeof problem;
      resources: typeof resources;
      roles: typeof roles;
      session: typeof session;
      settings: typeof settings;
      shell: typeof shell;
      table: typeof table;
      users: typeof users;
      words: typeof words;
      workspaces: typeof workspaces;
    };
  }
}

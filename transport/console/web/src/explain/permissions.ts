import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import en from "~/text/en/explain.json";
import { useLanguage } from "~/text/LanguageProvider";
import { labelled, type ResourceClass, useClasses } from "./classes";

/** A ScopeOf is a scope with permissions of it. */
export type ScopeOf = { scope: string; permissions: string[] };

/** scopeOf returns what is before the dot of a permission. */
export function scopeOf(permission: string): string {
  return permission.split(".", 1)[0] ?? permission;
}

/** byScope groups permissions by their scopes, as they come. */
export function byScope(permissions: readonly string[]): ScopeOf[] {
  const scopes = new Map<string, string[]>();
  for (const p of permissions) {
    const of = scopes.get(scopeOf(p));
    if (of) {
      of.push(p);
    } else {
      scopes.set(scopeOf(p), [p]);
    }
  }
  return [...scopes].map(([scope, of]) => ({ scope, permissions: of }));
}

/**
 * allPermissions returns every permission that is known of: the platform's own, those of resources, and what roles name
 * besides.
 */
export function allPermissions(
  classes: readonly ResourceClass[],
  roles: readonly Pick<Schemas["Role"], "permissions">[],
): string[] {
  const own = Object.keys(en.permission).map((key) => key.replace("_", "."));
  const ofResources = classes.flatMap((c) => c.scopes).flatMap((s) => s.permissions.map((p) => p.name));
  const all = [...new Set([...own, ...ofResources, ...roles.flatMap((r) => r.permissions)])];
  const order = [...new Set(all.map(scopeOf))];
  return all.toSorted((a, b) => order.indexOf(scopeOf(a)) - order.indexOf(scopeOf(b)));
}

export type PermissionNames = {
  scope: (scope: string) => string;
  /** Within its scope: "Read". */
  permission: (permission: string) => string;
  /** With its scope: "Data: Read". */
  full: (permission: string) => string;
};

/**
 * usePermissionNames returns what names permissions in the reader's language: those of resources are labelled by the
 * server, those of the platform's own nodes by the console, any other is shown as it is written.
 */
export function usePermissionNames(): PermissionNames {
  const t = useTranslations("explain");
  const classes = useClasses();
  const { language } = useLanguage();
  return useMemo(() => {
    const scopes = new Map<string, string>();
    const permissions = new Map<string, string>();
    for (const s of classes.flatMap((c) => c.scopes)) {
      scopes.set(s.name, labelled(s.labels, language, s.name));
      for (const p of s.permissions) {
        permissions.set(p.name, labelled(p.labels, language, p.name));
      }
    }
    const scope = (name: string) =>
      name in en.scope ? t(`scope.${name as keyof typeof en.scope}`) : (scopes.get(name) ?? name);
    const permission = (name: string) => {
      const key = name.replace(".", "_");
      const level = name.slice(name.indexOf(".") + 1);
      if (key in en.permission) {
        return t(`permission.${key as keyof typeof en.permission}`);
      }
      if (!permissions.has(name) && level in en.level) {
        return t(`level.${level as keyof typeof en.level}`);
      }
      return permissions.get(name) ?? level;
    };
    const full = (name: string) => t("full", { scope: scope(scopeOf(name)), permission: permission(name) });
    return { scope, permission, full };
  }, [classes, language, t]);
}

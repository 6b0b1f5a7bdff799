import type { ResourceClass } from "~/explain/classes";

/** goesInto reports whether resources of a class can lie in nodes of another: a workspace takes what a group takes. */
export function goesInto(of: ResourceClass | undefined, parent: string): boolean {
  return of?.parents.includes(parent === "workspace" ? "resource_group" : parent) ?? false;
}

type Attribute = ResourceClass["members"][number]["attributes"][number];

/** A Needed is a part of settings that a resource cannot be made without. */
export type Needed = { key: string; path: string[]; attribute: Attribute };

/** neededBy returns what settings of a class have to be said, links in objects among them. */
export function neededBy(of: ResourceClass | undefined): Needed[] {
  return (of?.members ?? []).flatMap((m) => m.attributes.flatMap((a) => inside(a, [m.name])));
}

function inside(attribute: Attribute, above: string[]): Needed[] {
  if (!attribute.required || attribute.read_only) {
    return [];
  }
  const path = [...above, attribute.name];
  return attribute.kind === "object"
    ? (attribute.of ?? []).flatMap((a) => inside(a, path))
    : [{ key: path.join("/"), path, attribute }];
}

/** settingsOf puts what was said of needed parts where it belongs. */
export function settingsOf(needed: readonly Needed[], said: Record<string, unknown>) {
  const settings: Record<string, Record<string, unknown>> = {};
  for (const { key, path } of needed) {
    let at: Record<string, unknown> = settings;
    for (const name of path.slice(0, -1)) {
      at[name] ??= {};
      at = at[name] as Record<string, unknown>;
    }
    at[path.at(-1) ?? ""] = said[key];
  }
  return settings;
}

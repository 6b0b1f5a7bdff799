import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";

const source = fileURLToPath(new URL("./src", import.meta.url));
const core = fileURLToPath(new URL("./node_modules/@mantine/core", import.meta.url));
const name = "virtual:mantine-styles.css";

/**
 * mantineStyles makes one stylesheet of those components of Mantine that the sources use, and of those that these are
 * made of, in the order of Mantine's own sheet, which has all of them and is twice as large.
 */
export function mantineStyles(): Plugin {
  return {
    name: "mantine-styles",
    enforce: "pre",
    resolveId: (id) => (id === name ? `\0${name}` : undefined),
    load: (id) => (id === `\0${name}` ? sheet(used(source)) : undefined),
  };
}

/** Every name that the sources import from Mantine. */
function used(folder: string): Set<string> {
  const names = new Set<string>();
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !/\.tsx?$/.test(entry.name)) {
      continue;
    }
    const text = readFileSync(join(entry.parentPath, entry.name), "utf8");
    for (const [, list] of text.matchAll(/import\s+\{([^}]*)\}\s+from\s+"@mantine\/core"/g)) {
      for (const part of (list ?? "").split(",")) {
        names.add(
          part
            .trim()
            .replace(/^type\s+/, "")
            .split(/\s+/)[0] ?? "",
        );
      }
    }
  }
  return names;
}

/** The components that some are made of, themselves among them. */
function reached(names: Iterable<string>): Set<string> {
  const components = new Set<string>();
  const seen = new Set<string>();
  const visit = (file: string) => {
    if (seen.has(file)) {
      return;
    }
    seen.add(file);
    // Some are parts of others (CheckboxIndicator), or lie among the tools (InlineInput).
    components.add(/esm\/(?:components|utils)\/([^/]+)\//.exec(file)?.[1] ?? "");
    components.add(basename(file, ".mjs"));
    for (const [, path] of readFileSync(file, "utf8").matchAll(/from "(\.[^"]+)"/g)) {
      const next = resolve(dirname(file), path ?? "");
      if (/\/esm\/(components|utils)\//.test(next)) {
        visit(next);
      }
    }
  };
  for (const component of names) {
    const file = join(core, "esm/components", component, `${component}.mjs`);
    if (existsSync(file)) {
      visit(file);
    }
  }
  return components;
}

function sheet(names: Set<string>): string {
  const whole = readFileSync(join(core, "styles.css"), "utf8");
  const always = ["baseline", "default-css-variables", "global"];
  const files = [...always, ...reached([...names, "Notification"])]
    .map((component) => join(core, "styles", `${component}.css`))
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, "utf8"));
  return files.sort((a, b) => whole.indexOf(a.slice(0, 200)) - whole.indexOf(b.slice(0, 200))).join("\n");
}

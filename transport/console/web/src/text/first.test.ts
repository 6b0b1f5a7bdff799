import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, it } from "vitest";

const source = join(import.meta.dirname, "..");

/** The file that an import of a file means, if it is one of the sources. */
function fileOf(path: string, from: string): string | undefined {
  const at = path.startsWith("~/") ? join(source, path.slice(2)) : path.startsWith(".") && join(dirname(from), path);
  return at
    ? ["", ".ts", ".tsx"].map((end) => at + end).find((file) => /\.tsx?$/.test(file) && existsSync(file))
    : undefined;
}

/** Everything that comes with some files: what they import, and what that imports, but not later. */
function fetched(files: readonly string[]): Set<string> {
  const all = new Set<string>();
  const visit = (file: string) => {
    if (all.has(file)) {
      return;
    }
    all.add(file);
    for (const [, type, path] of readFileSync(file, "utf8").matchAll(
      /^(?:import|export)\s+(type\s)?[^"']*?["']([^"']+)["']/gm,
    )) {
      const next = type ? undefined : fileOf(path ?? "", file);
      if (next) {
        visit(next);
      }
    }
  };
  for (const file of files) {
    visit(join(source, file));
  }
  return all;
}

const pages = [
  "main.tsx",
  "shell/Inside.tsx",
  "session/SessionEnded.tsx",
  "pages/entry/SignIn.tsx",
  "pages/entry/Forgotten.tsx",
  "pages/entry/Invitation.tsx",
  "pages/home/Home.tsx",
  "pages/home/LeaveDialog.tsx",
];
const first = /\{([a-z,]+)\}\.json/.exec(readFileSync(join(source, "text/en.ts"), "utf8"))?.[1]?.split(",") ?? [];

it("the first pages have the texts that they say", () => {
  const said = [...fetched(pages)].flatMap((file) =>
    [...readFileSync(file, "utf8").matchAll(/useTranslations\(\s*"([a-z]+)/g)].map((m) => m[1]),
  );
  expect([...new Set(said)].sort()).toEqual([...first].sort());
});

it("every language divides its texts alike", () => {
  for (const language of ["en", "fr", "es", "ru"]) {
    const areas = `./${language}/{${first.join(",")}}.json`;
    expect(readFileSync(join(source, `text/${language}.ts`), "utf8")).toContain(`"${areas}"`);
    expect(readFileSync(join(source, `text/${language}.more.ts`), "utf8")).toContain(
      `["./${language}/*.json", "!${areas}"]`,
    );
  }
});

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { IntlMessageFormat } from "intl-messageformat";
import { describe, expect, it } from "vitest";
import { languageOf, languages } from "./catalog";

const folder = import.meta.dirname;

function flat(texts: object, prefix = ""): Record<string, string> {
  const out: Record<string, string> = {};
  for (const [key, value] of Object.entries(texts)) {
    if (typeof value === "string") {
      out[prefix + key] = value;
    } else {
      Object.assign(out, flat(value, `${prefix}${key}.`));
    }
  }
  return out;
}

function texts(language: string): Record<string, string> {
  const out: Record<string, string> = {};
  for (const file of readdirSync(join(folder, language))) {
    Object.assign(out, flat(JSON.parse(readFileSync(join(folder, language, file), "utf8")), `${file.slice(0, -5)}.`));
  }
  return out;
}

type Part = { type: number; value?: string; options?: Record<string, { value: Part[] }>; children?: Part[] };

/** The names of what is put into a text, tags among them. */
function places(parts: Part[], into = new Set<string>()): Set<string> {
  for (const part of parts) {
    if (part.type !== 0 && part.type !== 7 && part.value) {
      into.add(part.value);
    }
    for (const option of Object.values(part.options ?? {})) {
      places(option.value, into);
    }
    places(part.children ?? [], into);
  }
  return into;
}

function placesOf(text: string, language: string): string[] {
  return [...places(new IntlMessageFormat(text, language).getAst() as Part[])].sort();
}

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? sources(join(dir, entry.name))
      : /\.tsx?$/.test(entry.name) && !/\.(test|gen)\./.test(entry.name)
        ? [readFileSync(join(dir, entry.name), "utf8")]
        : [],
  );
}

const english = texts("en");

describe.each(Object.keys(languages))("%s", (language) => {
  const own = texts(language);

  it("says all that English says, and no more", () => {
    expect(Object.keys(own).sort()).toEqual(Object.keys(english).sort());
  });

  it("puts in what English puts in, in ICU's grammar", () => {
    for (const [key, text] of Object.entries(own)) {
      expect(text.trim(), key).not.toBe("");
      expect(placesOf(text, language), key).toEqual(placesOf(english[key] ?? "", "en"));
    }
  });

  it("has every form that its plurals need", () => {
    const needed = new Intl.PluralRules(language).resolvedOptions().pluralCategories;
    for (const [key, text] of Object.entries(own)) {
      for (const [, body] of text.matchAll(/plural,((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)/g)) {
        for (const form of needed) {
          expect(body, `${key}: ${form}`).toMatch(new RegExp(`\\b${form}\\s*\\{`));
        }
      }
    }
  });
});

it("keeps no text that nothing says", () => {
  const code = sources(join(folder, "..")).join("\n").replaceAll(/\s+/g, " ");
  const unused = Object.keys(english).filter((key) => {
    const name = key.slice(key.lastIndexOf(".") + 1);
    const group = key.split(".").slice(1, -1).join(".");
    // Said by its name, or by a template of its group: t(`state.${state}`).
    return (
      !code.includes(`"${name}"`) &&
      !code.includes(`${group ? `${group}.` : ""}${name}"`) &&
      !code.includes(`\`${group}.\${`) &&
      !code.includes(`"${key.split(".")[0]}.${group}"`) &&
      !(group === "" && code.includes(`useTranslations("${key.split(".")[0]}"); // all`))
    );
  });
  expect(unused).toEqual([]);
});

it("chooses the first language that it speaks", () => {
  expect(languageOf([undefined, "de-AT", "fr-CA", "en"])).toBe("fr");
  expect(languageOf(["pt"])).toBe("en");
});

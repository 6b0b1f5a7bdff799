import compile from "icu-minify/compile";
import type { Plugin } from "vite";

type Texts = { [key: string]: string | Texts };

/**
 * compiledTexts has the texts of src/text compiled when the console is built, so that it carries no parser of ICU's
 * grammar.
 */
export function compiledTexts(): Plugin {
  return {
    name: "compiled-texts",
    enforce: "pre",
    config: () => ({ resolve: { alias: { "use-intl/format-message": "use-intl/format-message/format-only" } } }),
    transform: {
      filter: { id: /\/src\/text\/[a-z]{2}\/[a-z]+\.json$/ },
      handler: (code) => ({
        code: `export default ${JSON.stringify(compiled(JSON.parse(code)))};`,
        moduleType: "js",
        map: null,
      }),
    },
  };
}

function compiled(texts: Texts): object {
  return Object.fromEntries(
    Object.entries(texts).map(([key, text]) => [key, typeof text === "string" ? compile(text) : compiled(text)]),
  );
}

import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";
import { brotli } from "./brotli";
import { compiledTexts } from "./compiled-texts";
import { mantineStyles } from "./mantine-styles";

/** based says in the page where it is mounted, as the server does, while it is developed. */
function based(): Plugin {
  let base = "/";
  return {
    name: "based",
    apply: "serve",
    configResolved(config) {
      base = config.base;
    },
    transformIndexHtml: (html) => html.replace("<!-- head -->", `<base href="${base}">`),
  };
}

// Every address is relative, so that the console works under any prefix.
export default defineConfig({
  base: "./",
  plugins: [based(), compiledTexts(), mantineStyles(), react(), brotli()],
  resolve: { alias: { "~": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../dist",
    emptyOutDir: true,
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"], // light-dark() as it is
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: true,
  },
  server: {
    // npm run dev beside a server: BAILIWICK=http://127.0.0.1:8080
    proxy: { "/api": process.env.BAILIWICK ?? "http://127.0.0.1:8080" },
    watch: { ignored: ["**/e2e-results/**"] }, // traces of tests that run against it
  },
  test: { include: ["src/**/*.test.{ts,tsx}"], testTimeout: 60_000 },
});

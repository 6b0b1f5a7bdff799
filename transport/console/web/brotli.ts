import { brotliCompressSync, constants } from "node:zlib";
import type { Plugin } from "vite";

/**
 * brotli lays a compressed copy beside every file that gains by it, for the server to send as it is: making it takes
 * longer than anybody should wait for a page.
 */
export function brotli(): Plugin {
  return {
    name: "brotli",
    apply: "build",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        for (const file of Object.values(bundle)) {
          const text = Buffer.from(file.type === "chunk" ? file.code : file.source);
          if (!/\.(js|css|svg)$/.test(file.fileName) || text.length < 1000) {
            continue;
          }
          const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: text.length };
          this.emitFile({
            type: "asset",
            fileName: `${file.fileName}.br`,
            source: brotliCompressSync(text, { params }),
          });
        }
      },
    },
  };
}

import type { Catalog } from "./catalog";

const areas = import.meta.glob<object>("./en/*.json", { eager: true, import: "default" });

const catalog: Catalog = Object.fromEntries(
  Object.entries(areas).map(([path, texts]) => [path.slice(path.lastIndexOf("/") + 1, -".json".length), texts]),
);
export default catalog;

/** A Catalog is what the console says in one language, by area. */
export type Catalog = Record<string, object>;

/** byArea makes a catalog of files. */
export function byArea(files: Record<string, object>): Catalog {
  return Object.fromEntries(
    Object.entries(files).map(([path, texts]) => [path.slice(path.lastIndexOf("/") + 1, -".json".length), texts]),
  );
}

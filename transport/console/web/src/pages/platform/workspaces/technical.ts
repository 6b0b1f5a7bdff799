/** technicalName proposes a technical name made of a name: letters without accents, digits, and minuses between. */
export function technicalName(name: string): string {
  return name
    .normalize("NFKD")
    .replace(/\p{M}/gu, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, 30)
    .replace(/^-+|-+$/g, "");
}

/** databaseNameOf proposes a name of a database made of a technical name: it begins with a letter. */
export function databaseNameOf(technical: string): string {
  const name = technical
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, "-")
    .replace(/^-+/, "");
  return name === "" || /^[a-z]/.test(name) ? name : `p-${name}`;
}

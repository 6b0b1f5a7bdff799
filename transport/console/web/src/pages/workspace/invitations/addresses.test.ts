import { describe, expect, it } from "vitest";
import { addresses, plausible } from "./addresses";

const emails = (text: string) => addresses(text).map((r) => r.email);

describe("addresses", () => {
  it("reads one a line, many in one, and what mail programs write", () => {
    expect(emails("ann@example.org\r\nbob@example.org\n\ncid@example.org")).toEqual([
      "ann@example.org",
      "bob@example.org",
      "cid@example.org",
    ]);
    expect(emails("ann@example.org, bob@example.org;cid@example.org dan@example.org")).toHaveLength(4);
    expect(emails('"Lopper, Ann" <ann@example.org>, Bob <bob@example.org>.')).toEqual([
      "ann@example.org",
      "bob@example.org",
    ]);
    expect(emails("mailto:ann@example.org")).toEqual(["ann@example.org"]);
  });

  it("reads a table, whatever else is in it", () => {
    const table = '\uFEFFName;E-mail;Team\r\n"Ann";ann@example.org;North\r\n"Bob";"bob@example.org";South\r\n';
    expect(emails(table)).toEqual(["ann@example.org", "bob@example.org"]);
    expect(emails("email\nann@example.org")).toEqual(["ann@example.org"]);
    expect(emails("a\tann@example.org\tx")).toEqual(["ann@example.org"]);
  });

  it("leaves an apostrophe in a name, and takes quotes away", () => {
    expect(emails("o'neil@example.org 'ann@example.org'")).toEqual(["o'neil@example.org", "ann@example.org"]);
  });

  it("has each once, however it is written", () => {
    expect(emails("ann@example.org ANN@Example.org ann@example.org")).toEqual(["ann@example.org"]);
  });

  it("tells what is none", () => {
    expect(addresses("ann@example.org\nbob at example.org\ncid@nowhere")).toEqual([
      { text: "ann@example.org", email: "ann@example.org" },
      { text: "bob at example.org" },
      { text: "cid@nowhere" },
    ]);
    expect(addresses("  \n\n")).toEqual([]);
  });

  it("takes markup for text", () => {
    expect(addresses("<img src=x onerror=alert(1)>@example.org")).toEqual([{ text: "@example.org" }]);
  });
});

describe("plausible", () => {
  it.each(["a@b.co", "o'neil+x@sub.example.org", "é@exemple.fr"])("takes %s", (text) => {
    expect(plausible(text)).toBe(true);
  });
  it.each(["", "a@b", "a b@c.de", "@c.de", "a@.de", "a@b..de", `${"a".repeat(250)}@b.co`])("refuses %s", (text) => {
    expect(plausible(text)).toBe(false);
  });
});

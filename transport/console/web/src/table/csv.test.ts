import { describe, expect, it } from "vitest";
import type { Column } from "./column";
import { cell, csv, line } from "./csv";

describe("a cell", () => {
  it.each([
    ["plain", "plain"],
    ["a,b", '"a,b"'],
    ['say "hi"', '"say ""hi"""'],
    ["two\nlines", '"two\nlines"'],
    [12.5, "12.5"],
    [-3, "-3"], // a number is no formula
    [true, "true"],
    [undefined, ""],
    [null, ""],
  ])("writes %j as %j", (value, written) => expect(cell(value)).toBe(written));

  it.each(["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1"])("keeps %j from being a formula", (value) =>
    expect(cell(value).replaceAll('"', "")).toMatch(/^'/),
  );
});

it("ends lines as RFC 4180 has it", () => expect(line(["a", 1])).toBe("a,1\r\n"));

it("writes pages as they come, under a heading, and tells how far it is", async () => {
  const columns: Column<{ n: string }>[] = [{ id: "n", header: "Name", cell: () => null, text: (row) => row.n }];
  async function* pages() {
    yield { items: [{ n: "a" }, { n: "b" }], total: 3 };
    yield { items: [{ n: "Éa;" }], total: 3 };
  }
  const told: [number, number | undefined][] = [];
  const file = await csv(columns, pages(), (rows, total) => told.push([rows, total]));
  const bytes = new Uint8Array(await file.arrayBuffer());
  expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
  expect(new TextDecoder().decode(bytes)).toBe("Name\r\na\r\nb\r\nÉa;\r\n");
  expect(told).toEqual([
    [2, 3],
    [3, 3],
  ]);
});

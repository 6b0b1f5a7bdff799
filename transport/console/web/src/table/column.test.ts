import { describe, expect, it } from "vitest";
import { asked, type Column, type Filter } from "./column";

function column(filter: Filter): Column<object> {
  return { id: "c", header: "C", cell: () => null, text: () => "", filter };
}

describe("what the API is asked for", () => {
  it("is what is set, and nothing that no column has", () => {
    const columns = [
      column({ kind: "text", param: "email" }),
      column({ kind: "flag", param: "suspended", yes: "y", no: "n" }),
    ];
    expect(asked(columns, { email: "ann", suspended: "", other: "x" })).toEqual({ email: "ann" });
  });

  it("is instants for days, the last one whole, in the reader's zone", () => {
    const columns = [column({ kind: "days", from: "created_from", before: "created_before" })];
    const query = asked(columns, { created_from: "2026-03-28", created_before: "2026-03-29" });
    expect(query.created_from).toBe(new Date(2026, 2, 28).toISOString());
    expect(query.created_before).toBe(new Date(2026, 2, 30).toISOString()); // also where that day has 23 hours
  });

  it("leaves out days that are none", () => {
    const columns = [column({ kind: "days", from: "created_from", before: "created_before" })];
    expect(asked(columns, { created_from: "soon", created_before: "0000-99-99" })).toEqual({});
  });

  it("leaves out what is no choice", () => {
    const columns = [
      column({ kind: "choice", param: "role", options: [{ value: "Editor", label: "Editor" }] }),
      column({ kind: "flag", param: "suspended", yes: "y", no: "n" }),
    ];
    expect(asked(columns, { role: "King", suspended: "perhaps" })).toEqual({});
    expect(asked(columns, { role: "Editor", suspended: "false" })).toEqual({ role: "Editor", suspended: "false" });
  });
});

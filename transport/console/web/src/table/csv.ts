import type { Column } from "./column";

type Cell = string | number | boolean | undefined | null;

/** cell writes a value so that it is read back as it is (RFC 4180) and a spreadsheet takes none for a formula. */
export function cell(value: Cell): string {
  let text = value === undefined || value === null ? "" : String(value);
  if (typeof value === "string" && /^[=+\-@\t\r]/.test(text)) {
    text = `'${text}`;
  }
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** line writes a row. */
export function line(cells: readonly Cell[]): string {
  return `${cells.map(cell).join(",")}\r\n`;
}

/** csv makes a file of pages of rows as they come; progress hears of each how many rows there are by then. */
export async function csv<Row>(
  columns: readonly Column<Row>[],
  pages: AsyncIterable<{ items: Row[]; total?: number }>,
  progress: (rows: number, total?: number) => void,
): Promise<Blob> {
  const parts = ["\uFEFF", line(columns.map((c) => c.header))]; // the mark, for spreadsheets that guess
  let rows = 0;
  for await (const { items, total } of pages) {
    parts.push(items.map((row) => line(columns.map((c) => c.text(row)))).join(""));
    rows += items.length;
    progress(rows, total);
  }
  return new Blob(parts, { type: "text/csv;charset=utf-8" });
}

/** save has the browser keep a file. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

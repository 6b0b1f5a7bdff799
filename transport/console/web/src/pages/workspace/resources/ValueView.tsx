import { Code, Table } from "@mantine/core";
import { useTranslations } from "use-intl";
import classes from "./resources.module.css";

type Json = unknown;

/** How deep values are drawn; what lies deeper is shown as it is written. */
const deepest = 3;

/** ValueView shows a value of settings: objects by name, lists of objects as a table, all else as text. */
export function ValueView({ value, depth = 0, name }: { value: Json; depth?: number; name?: string }) {
  const c = useTranslations("common");
  if (value === null || value === undefined || value === "") {
    return "–";
  }
  if (typeof value === "boolean") {
    return value ? c("yes") : c("no");
  }
  if (typeof value !== "object") {
    return <bdi>{String(value)}</bdi>;
  }
  if (depth >= deepest) {
    return <Code>{JSON.stringify(value)}</Code>;
  }
  if (Array.isArray(value)) {
    return <ListView values={value} depth={depth} name={name} />;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) {
    return "–";
  }
  if (entries.length === 1 && entries[0]?.[0] === "id") {
    return <bdi>{String(entries[0][1])}</bdi>; // as a projection or a link is
  }
  return (
    <dl className={classes.settings}>
      {entries.map(([key, of]) => (
        <div key={key} className={isTable(of) ? undefined : classes.narrow}>
          <dt>{key}</dt>
          <dd>
            <ValueView value={of} depth={depth + 1} name={key} />
          </dd>
        </div>
      ))}
    </dl>
  );
}

function isTable(value: Json): boolean {
  return Array.isArray(value) && value.length > 0 && value.every((v) => typeof v === "object" && v !== null);
}

/** What says what something is comes first. */
const firstly = ["keyname", "display_name", "name", "datatype"];

function ListView({ values, depth, name }: { values: Json[]; depth: number; name?: string }) {
  if (values.length === 0) {
    return "–";
  }
  const objects = values.filter((v) => typeof v === "object" && v !== null && !Array.isArray(v)) as object[];
  if (objects.length < values.length) {
    return <bdi>{values.map((v) => (typeof v === "object" ? JSON.stringify(v) : String(v))).join(", ")}</bdi>;
  }
  const rank = (key: string) => (firstly.includes(key) ? firstly.indexOf(key) : firstly.length);
  const keys = [...new Set(objects.flatMap((o) => Object.keys(o)))].sort((a, b) => rank(a) - rank(b));
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section className={classes.scroll} tabIndex={0} aria-label={name}>
      <Table withTableBorder verticalSpacing={4} fz="xs">
        <Table.Thead>
          <Table.Tr>
            {keys.map((k) => (
              <Table.Th key={k}>{k}</Table.Th>
            ))}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {objects.map((o, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are told in order, and never change
            <Table.Tr key={i}>
              {keys.map((k) => (
                <Table.Td key={k}>
                  <ValueView value={(o as Record<string, Json>)[k]} depth={depth + 2} />
                </Table.Td>
              ))}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </section>
  );
}

import { Table, Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import classes from "./audit.module.css";
import type { Changed } from "./change";

/** Difference shows, field by field, what was and what is; what did not change is marked as such. */
export function Difference({ changes }: { changes: readonly Changed[] }) {
  const t = useTranslations("audit");
  return (
    <Table className={classes.difference} withTableBorder layout="fixed" aria-label={t("changes")}>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>{t("field")}</Table.Th>
          <Table.Th>{t("before")}</Table.Th>
          <Table.Th>{t("after")}</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {changes.map(({ name, before, after }) => (
          <Table.Tr key={name}>
            <Table.Th scope="row" className={classes.name}>
              {name || t("value")}
            </Table.Th>
            <Table.Td>
              <Value value={before} gone={before !== after} />
            </Table.Td>
            <Table.Td>
              <Value value={after} made={before !== after} />
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}

function Value({ value, gone, made }: { value: string | undefined; gone?: boolean; made?: boolean }) {
  if (value === undefined) {
    return (
      <Text size="sm" c="dimmed">
        –
      </Text>
    );
  }
  const kind = gone ? classes.gone : made ? classes.made : undefined;
  const text = <span className={[classes.value, kind].filter(Boolean).join(" ")}>{value}</span>;
  return gone ? <del className={classes.bare}>{text}</del> : made ? <ins className={classes.bare}>{text}</ins> : text;
}

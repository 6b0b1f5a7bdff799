import {
  ActionIcon,
  Button,
  Checkbox,
  Group,
  Menu,
  NativeSelect,
  Pill,
  Progress,
  Skeleton,
  Stack,
  Table,
  Text,
  TextInput,
  Title,
  VisuallyHidden,
} from "@mantine/core";
import { useDebouncedCallback } from "@mantine/hooks";
import { IconDots, IconSearch } from "@tabler/icons-react";
import {
  type ColumnDef,
  columnVisibilityFeature,
  type RowSelectionState,
  rowSelectionFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { type ReactNode, useMemo, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import type { ListPath, PathParams, Query, RowOf } from "~/api/list";
import { Failure } from "~/shell/Failure";
import { ColumnMenu } from "./ColumnMenu";
import { asked, type Column, directionOf, known, paramsOf } from "./column";
import { ExportButton } from "./ExportButton";
import classes from "./table.module.css";
import { usePages } from "./usePages";
import { sizes, useView, type View } from "./view";

/** A RowAction is an entry of a row's menu. */
export type RowAction<Row> = {
  label: string;
  icon?: ReactNode;
  /** Removes something, or takes something away. */
  danger?: boolean;
  /** Not for this row. */
  hidden?: (row: Row) => boolean;
  run: (row: Row) => void;
};

/** A BulkAction is done with all rows that are selected. */
export type BulkAction<Row> = {
  label: string;
  icon?: ReactNode;
  danger?: boolean;
  run: (rows: Row[], clear: () => void) => void;
};

export type DataTableProps<P extends ListPath> = {
  /** Names the table in what people keep of it: it does not change. */
  id: string;
  /** What the table is of, for who does not see it. */
  label: string;
  /** The list of the native API that it shows. */
  path: P;
  params?: PathParams;
  /** What the list is always asked for. */
  query?: Query;
  columns: readonly Column<RowOf<P>>[];
  rowId: (row: RowOf<P>) => string;
  /** What a row is called, in the names of its checkbox and menu. */
  rowName: (row: RowOf<P>) => string;
  /** The list has a search of its own (`q`), in what the placeholder says. */
  searchIn?: string;
  /** The order that somebody has who chose none. */
  sort?: string;
  rowActions?: readonly RowAction<RowOf<P>>[];
  bulkActions?: readonly BulkAction<RowOf<P>>[];
  /** At the right above the table, what makes new rows. */
  actions?: ReactNode;
  /** In place of the button that exports what the table shows, for lists that the server has as files. */
  download?: (query: Query) => ReactNode;
  /** What to say, and to do, when there is nothing at all. */
  empty: { title: string; text?: string; action?: ReactNode };
  /** The table is inside a dialog or beside another: its filters are not in the address. */
  inside?: boolean;
};

const features = tableFeatures({ columnVisibilityFeature, rowSelectionFeature });
type Features = typeof features;
const none: never[] = [];

/**
 * A DataTable shows a list of the native API, page by page: each column's menu sorts, filters, hides and shows, which
 * is remembered; rows have menus and can be selected; everything can be exported.
 */
export function DataTable<P extends ListPath>(props: DataTableProps<P>) {
  type Row = RowOf<P>;
  const { columns, params = {}, rowActions = none, bulkActions = none } = props;
  const t = useTranslations("table");
  const view = useView(props.id, columns, props.inside ?? false, props.sort);
  const query: Query = {
    ...props.query,
    q: props.searchIn ? view.search : undefined,
    sort: view.sort,
    ...asked(columns, view.filters),
  };
  const pages = usePages(props.path, params, { ...query, limit: view.size });
  const rows = (pages.rows ?? none) as Row[];
  const [selection, setSelection] = useState<RowSelectionState>({});
  const definitions = useMemo<ColumnDef<Features, Row, unknown>[]>(
    () => columns.map((c) => ({ id: c.id, accessorFn: (row: Row) => row })),
    [columns],
  );
  const table = useTable<Features, Row>({
    features,
    columns: definitions,
    data: rows,
    getRowId: props.rowId,
    state: {
      rowSelection: selection,
      columnVisibility: Object.fromEntries(columns.map((c) => [c.id, !view.isHidden(c.id)])),
    },
    onRowSelectionChange: setSelection,
  });
  const byId = useMemo(() => new Map(columns.map((c) => [c.id, c])), [columns]);
  const visible = columns.filter((c) => !view.isHidden(c.id));
  const selectable = bulkActions.length > 0;
  // What was selected on another page, or has gone, is not acted on unseen.
  const selected = table.getRowModel().rows.filter((r) => r.getIsSelected());
  const clear = () => setSelection({});
  const width = visible.length + (selectable ? 1 : 0) + (rowActions.length > 0 ? 1 : 0);
  const narrowed = Object.keys(view.filters).length > 0;

  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-end" gap="sm">
        <Group gap="sm" flex="1 1 16rem">
          {props.searchIn && <Search view={view} label={props.searchIn} />}
        </Group>
        <Group gap="sm">
          {props.download ? (
            props.download(query)
          ) : (
            <ExportButton
              name={props.id}
              path={props.path}
              params={params}
              query={query}
              columns={visible}
              total={pages.total}
            />
          )}
          {props.actions}
        </Group>
      </Group>
      <Chips view={view} columns={columns} />
      <div className={classes.frame}>
        {pages.isStale && (
          <Progress className={classes.working} value={100} animated size={3} aria-label={t("loading")} />
        )}
        {selected.length > 0 && (
          <div className={classes.bulk} role="toolbar" aria-label={t("selection")}>
            <Text size="sm" fw={600} role="status">
              {t("selected", { count: selected.length })}
            </Text>
            {bulkActions.map((a) => (
              <Button
                key={a.label}
                size="compact-sm"
                variant="light"
                color={a.danger ? "red" : undefined}
                leftSection={a.icon}
                onClick={() =>
                  a.run(
                    selected.map((r) => r.original),
                    clear,
                  )
                }
              >
                {a.label}
              </Button>
            ))}
            <Button size="compact-sm" variant="subtle" onClick={clear}>
              {t("unselect")}
            </Button>
          </div>
        )}
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
        <section className={classes.scroll} tabIndex={0} aria-label={props.label}>
          <Table
            className={classes.table}
            verticalSpacing="xs"
            highlightOnHover
            aria-label={props.label}
            aria-busy={pages.isStale}
          >
            <Table.Thead>
              <Table.Tr>
                {selectable && (
                  <Table.Th className={classes.tick}>
                    <Checkbox
                      aria-label={t("selectPage")}
                      checked={rows.length > 0 && table.getIsAllRowsSelected()}
                      indeterminate={selected.length > 0 && !table.getIsAllRowsSelected()}
                      onChange={(event) => table.toggleAllRowsSelected(event.currentTarget.checked)}
                    />
                  </Table.Th>
                )}
                {visible.map((c) => (
                  <Table.Th
                    key={c.id}
                    className={c.align === "right" ? classes.number : undefined}
                    aria-sort={ariaSort(view, c)}
                  >
                    <ColumnMenu column={c} columns={columns} view={view} />
                  </Table.Th>
                ))}
                {rowActions.length > 0 && (
                  <Table.Th className={classes.tick}>
                    <VisuallyHidden>{t("actions")}</VisuallyHidden>
                  </Table.Th>
                )}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody className={pages.isStale ? classes.stale : undefined}>
              {pages.isFirst &&
                Array.from({ length: 8 }, (_, i) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: rows that are not there yet have nothing else
                  <Table.Tr key={i} aria-hidden>
                    {Array.from({ length: width }, (_, j) => (
                      // biome-ignore lint/suspicious/noArrayIndexKey: as above
                      <Table.Td key={j}>
                        <Skeleton height={20} />
                      </Table.Td>
                    ))}
                  </Table.Tr>
                ))}
              {!pages.error &&
                table.getRowModel().rows.map((row) => (
                  <Table.Tr key={row.id} data-selected={row.getIsSelected() || undefined}>
                    {selectable && (
                      <Table.Td>
                        <Checkbox
                          aria-label={t("select", { name: props.rowName(row.original) })}
                          checked={row.getIsSelected()}
                          onChange={row.getToggleSelectedHandler()}
                        />
                      </Table.Td>
                    )}
                    {row.getVisibleCells().map((cell) => {
                      const column = byId.get(cell.column.id);
                      return (
                        <Table.Td key={cell.id} className={column?.align === "right" ? classes.number : undefined}>
                          {column?.cell(row.original)}
                        </Table.Td>
                      );
                    })}
                    {rowActions.length > 0 && (
                      <Table.Td>
                        <RowMenu row={row.original} name={props.rowName(row.original)} actions={rowActions} />
                      </Table.Td>
                    )}
                  </Table.Tr>
                ))}
            </Table.Tbody>
          </Table>
        </section>
        {pages.isFirst && (
          <Text className="visually-hidden" role="status">
            {t("loading")}
          </Text>
        )}
        {pages.error && (
          <div className={classes.state}>
            <Failure error={pages.error} retry={pages.retry} />
          </div>
        )}
        {!pages.error && !pages.isFirst && rows.length === 0 && (
          <Stack className={classes.state} align="center" gap="xs">
            <Title order={2} size="h4">
              {narrowed ? t("nothingFound") : props.empty.title}
            </Title>
            {narrowed ? (
              <Button variant="light" onClick={view.clear}>
                {t("clear")}
              </Button>
            ) : (
              <>
                {props.empty.text && <Text c="dimmed">{props.empty.text}</Text>}
                {props.empty.action}
              </>
            )}
          </Stack>
        )}
        <Pager view={view} pages={pages} count={rows.length} label={props.label} />
      </div>
    </Stack>
  );
}

function ariaSort<Row>(view: View, column: Column<Row>): "ascending" | "descending" | undefined {
  const direction = column.sort && directionOf(view.sort, column.sort);
  if (!direction) {
    return undefined;
  }
  return direction === "up" ? "ascending" : "descending";
}

function Search({ view, label }: { view: View; label: string }) {
  const [text, setText] = useState(view.search);
  const [seen, setSeen] = useState(view.search);
  if (seen !== view.search) {
    // Somebody cleared it, or went back.
    setSeen(view.search);
    setText(view.search);
  }
  const search = useDebouncedCallback((q: string) => {
    setSeen(q);
    view.narrow({ q });
  }, 250);
  return (
    <TextInput
      type="search"
      flex="0 1 24rem"
      aria-label={label}
      placeholder={label}
      leftSection={<IconSearch size={16} aria-hidden />}
      value={text}
      maxLength={200}
      onChange={(event) => {
        setText(event.currentTarget.value);
        search(event.currentTarget.value.trim());
      }}
    />
  );
}

/** Chips show which filters are set, and take each away. */
function Chips<Row>({ view, columns }: { view: View; columns: readonly Column<Row>[] }) {
  const t = useTranslations("table");
  const chips = columns.flatMap((c) => {
    const { filter } = c;
    if (!filter) {
      return [];
    }
    return paramsOf(filter).flatMap((param) => {
      const value = known(filter, param, view.filters);
      if (!value) {
        return [];
      }
      let text = value;
      if (filter.kind === "choice") {
        text = filter.options.find((o) => o.value === value)?.label ?? value;
      } else if (filter.kind === "flag") {
        text = value === "true" ? filter.yes : filter.no;
      } else if (filter.kind === "days") {
        text = param === filter.from ? `≥ ${value}` : `≤ ${value}`;
      }
      return [{ param, text: `${c.header}: ${text}` }];
    });
  });
  if (chips.length === 0) {
    return null;
  }
  return (
    <Group gap="xs">
      {chips.map((chip) => (
        <Pill
          key={chip.param}
          withRemoveButton
          onRemove={() => view.narrow({ [chip.param]: "" })}
          removeButtonProps={{ "aria-label": t("unfilter", { value: chip.text }), "aria-hidden": false, tabIndex: 0 }}
        >
          {chip.text}
        </Pill>
      ))}
    </Group>
  );
}

function RowMenu<Row>({ row, name, actions }: { row: Row; name: string; actions: readonly RowAction<Row>[] }) {
  const t = useTranslations("table");
  const dots = useRef<HTMLButtonElement>(null);
  const shown = actions.filter((a) => !a.hidden?.(row));
  if (shown.length === 0) {
    return null;
  }
  return (
    <Menu position="bottom-end" shadow="md" withinPortal>
      <Menu.Target>
        <ActionIcon ref={dots} variant="subtle" color="gray" aria-label={t("actionsOf", { name })}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {shown.map((a) => (
          <Menu.Item
            key={a.label}
            color={a.danger ? "red" : undefined}
            leftSection={a.icon}
            onClick={() => {
              // A dialog brings the focus back to where it was; the item will be gone by then.
              dots.current?.focus();
              a.run(row);
            }}
          >
            {a.label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

type Pages = { page: number; total?: number; back?: () => void; forth?: () => void };

type PagerProps = {
  view: View;
  pages: Pages;
  count: number;
  /** What the table is of: a page may have several. */
  label: string;
};

function Pager({ view, pages, count, label }: PagerProps) {
  const t = useTranslations("table");
  const from = pages.page * view.size;
  return (
    <nav className={classes.pager} aria-label={`${t("pages")}: ${label}`}>
      <Text size="sm" role="status">
        {count === 0
          ? t("none")
          : pages.total === undefined
            ? t("range", { from: from + 1, to: from + count })
            : t("rangeOf", { from: from + 1, to: from + count, total: pages.total })}
      </Text>
      <Group gap="xs">
        <NativeSelect
          size="xs"
          w={90}
          aria-label={t("size")}
          data={sizes.map(String)}
          value={String(view.size)}
          onChange={(event) => view.setSize(Number(event.currentTarget.value))}
        />
        <Button size="xs" variant="default" disabled={!pages.back} onClick={pages.back}>
          {t("back")}
        </Button>
        <Button size="xs" variant="default" disabled={!pages.forth} onClick={pages.forth}>
          {t("forth")}
        </Button>
      </Group>
    </nav>
  );
}

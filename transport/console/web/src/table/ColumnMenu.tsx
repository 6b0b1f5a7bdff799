import { Button, Group, Menu, Popover, Stack, TextInput, UnstyledButton } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconChevronDown, IconColumns, IconEyeOff, IconFilter } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { type Column, directionOf, type Filter, type Filters, known, paramsOf } from "./column";
import classes from "./table.module.css";
import type { View } from "./view";

type Props<Row> = { column: Column<Row>; columns: readonly Column<Row>[]; view: View };

/** ColumnMenu is a column's heading: it sorts, filters, hides, and shows hidden ones again (J-13). */
export function ColumnMenu<Row>({ column, columns, view }: Props<Row>) {
  const t = useTranslations("table");
  const [filtering, setFiltering] = useState(false);
  const heading = useRef<HTMLButtonElement>(null);
  const { filter, sort } = column;
  const direction = sort && directionOf(view.sort, sort);
  const filtered = filter && paramsOf(filter).some((p) => known(filter, p, view.filters));
  const written = filter?.kind === "text" || filter?.kind === "days";
  const concealed = columns.filter((c) => view.isHidden(c.id));
  const close = () => {
    setFiltering(false);
    heading.current?.focus();
  };
  return (
    <Popover
      opened={filtering}
      onDismiss={close}
      position="bottom-start"
      shadow="md"
      width={280}
      trapFocus
      withRoles={false}
    >
      <Popover.Target>
        <span>
          <Menu position="bottom-start" shadow="md" width={260}>
            <Menu.Target>
              <UnstyledButton
                ref={heading}
                className={classes.heading}
                aria-label={t("menuOf", { column: column.header })}
              >
                <span>{column.header}</span>
                {direction === "up" && <IconArrowUp size={14} aria-hidden />}
                {direction === "down" && <IconArrowDown size={14} aria-hidden />}
                {filtered && <IconFilter size={14} aria-hidden />}
                <IconChevronDown size={14} className={classes.chevron} aria-hidden />
              </UnstyledButton>
            </Menu.Target>
            <Menu.Dropdown>
              {sort && (
                <>
                  <Menu.Item
                    leftSection={<IconArrowUp size={16} aria-hidden />}
                    onClick={() => view.setSort(direction === "up" ? undefined : sort)}
                  >
                    {direction === "up" ? t("unsort") : t("ascending")}
                  </Menu.Item>
                  <Menu.Item
                    leftSection={<IconArrowDown size={16} aria-hidden />}
                    onClick={() => view.setSort(direction === "down" ? undefined : `-${sort}`)}
                  >
                    {direction === "down" ? t("unsort") : t("descending")}
                  </Menu.Item>
                </>
              )}
              {written && (
                <Menu.Item leftSection={<IconFilter size={16} aria-hidden />} onClick={() => setFiltering(true)}>
                  {t("filterBy")}
                </Menu.Item>
              )}
              {filter && !written && <Choices filter={filter} view={view} />}
              {!column.fixed && (
                <Menu.Item
                  leftSection={<IconEyeOff size={16} aria-hidden />}
                  onClick={() => view.setHidden(column.id, true)}
                >
                  {t("hide")}
                </Menu.Item>
              )}
              {concealed.map((c) => (
                <Menu.Item
                  key={c.id}
                  leftSection={<IconColumns size={16} aria-hidden />}
                  onClick={() => view.setHidden(c.id, false)}
                >
                  {t("show", { column: c.header })}
                </Menu.Item>
              ))}
              {!sort && !filter && column.fixed && concealed.length === 0 && (
                <Menu.Item disabled>{t("allShown")}</Menu.Item>
              )}
            </Menu.Dropdown>
          </Menu>
        </span>
      </Popover.Target>
      <Popover.Dropdown role="dialog" aria-label={t("filterOf", { column: column.header })}>
        {filter && written && <WrittenFilter column={column} filter={filter} view={view} close={close} />}
      </Popover.Dropdown>
    </Popover>
  );
}

/** Choices are the values that a filter can have, each an item. */
function Choices({ filter, view }: { filter: Filter; view: View }) {
  const t = useTranslations("table");
  if (filter.kind !== "choice" && filter.kind !== "flag") {
    return null;
  }
  const options =
    filter.kind === "choice"
      ? filter.options
      : [
          { value: "true", label: filter.yes },
          { value: "false", label: filter.no },
        ];
  const now = view.filters[filter.param];
  return options.map((o) => (
    <Menu.Item
      key={o.value}
      leftSection={<IconFilter size={16} aria-hidden />}
      onClick={() => view.narrow({ [filter.param]: now === o.value ? "" : o.value })}
    >
      {now === o.value ? t("unfilter", { value: o.label }) : t("only", { value: o.label })}
    </Menu.Item>
  ));
}

type WrittenProps<Row> = { column: Column<Row>; filter: Filter; view: View; close: () => void };

/** WrittenFilter is a filter of what somebody writes: a text, or days. */
function WrittenFilter<Row>({ column, filter, view, close }: WrittenProps<Row>) {
  const t = useTranslations("table");
  const params = paramsOf(filter);
  const [draft, setDraft] = useState<Filters>(() =>
    Object.fromEntries(params.map((p) => [p, known(filter, p, view.filters) ?? ""])),
  );
  const label = (param: string) =>
    filter.kind === "days"
      ? t(param === filter.from ? "from" : "until", { column: column.header })
      : t(filter.kind === "text" && filter.exact ? "is" : "contains", { column: column.header });
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        view.narrow(draft);
        close();
      }}
    >
      <Stack gap="xs">
        {params.map((param, i) => (
          <TextInput
            key={param}
            size="xs"
            type={filter.kind === "days" ? "date" : "text"}
            label={label(param)}
            maxLength={200}
            data-autofocus={i === 0 || undefined}
            value={draft[param] ?? ""}
            onChange={(event) => setDraft({ ...draft, [param]: event.currentTarget.value })}
          />
        ))}
        <Group gap="xs" justify="flex-end">
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              view.narrow(Object.fromEntries(params.map((p) => [p, ""])));
              close();
            }}
          >
            {t("reset")}
          </Button>
          <Button size="xs" type="submit">
            {t("apply")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

import { Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactNode, useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { type Principal, usePrincipalSearch, usePrincipals, useSpecials } from "./principals";

type Props = {
  workspace: string;
  label: string;
  description?: string;
  value: number | null;
  onChange: (num: number | null) => void;
  /** Offer those too that only rules name: everyone, the owner … */
  special?: boolean;
  /** Who is offered. */
  offered?: (principal: Principal) => boolean;
  error?: ReactNode;
  required?: boolean;
  /** There is always somebody chosen. */
  always?: boolean;
};

/** PrincipalPicker chooses somebody of a workspace, who is looked for on the server: there may be many. */
export function PrincipalPicker({ workspace, value, onChange, offered = () => true, ...props }: Props) {
  const t = useTranslations("explain");
  const [search, setSearch] = useState("");
  const [q] = useDebouncedValue(search, 200);
  const chosen = usePrincipals(
    workspace,
    useMemo(() => (value === null ? [] : [value]), [value]),
  );
  // What is written in the field after choosing is a name, not a question.
  const named = value !== null && search === chosen(value).name;
  const found = usePrincipalSearch(workspace, named ? "" : q.trim()).filter(offered);
  const option = (p: Principal) => ({ value: String(p.num), label: p.email ? `${p.name} (${p.email})` : p.name });

  const kinds = { user: t("kind.user"), group: t("kind.group"), key: t("kind.key") };
  const groups = (["user", "group", "key"] as const)
    .map((kind) => ({ group: kinds[kind], items: found.filter((p) => p.kind === kind).map(option) }))
    .filter((g) => g.items.length > 0);
  const specials = useSpecials(workspace, props.special === true).filter((p) => named || matches(p.name, q));
  const data = [...groups, ...(specials.length > 0 ? [{ group: t("kind.special"), items: specials.map(option) }] : [])];
  const shown = data.some((g) => g.items.some((o) => o.value === String(value)));
  if (value !== null && !shown) {
    data.unshift({ group: t("kind.chosen"), items: [option(chosen(value))] });
  }
  return (
    <Select
      label={props.label}
      description={props.description}
      error={props.error}
      withAsterisk={props.required}
      required={props.required}
      searchable
      clearable={!props.required && !props.always}
      allowDeselect={!props.always}
      clearButtonProps={{ "aria-label": t("clear") }}
      data={data}
      // The server has chosen already.
      filter={({ options }) => options}
      nothingFoundMessage={t("nobodyFound")}
      value={value === null ? null : String(value)}
      onChange={(num) => onChange(num === null ? null : Number(num))}
      searchValue={search}
      onSearchChange={setSearch}
      maxDropdownHeight={280}
    />
  );
}

function matches(name: string, q: string): boolean {
  return name.toLocaleLowerCase().includes(q.trim().toLocaleLowerCase());
}

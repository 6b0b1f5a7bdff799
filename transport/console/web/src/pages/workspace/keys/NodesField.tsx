import { MultiSelect, type MultiSelectProps } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";

type Props = Omit<MultiSelectProps, "data"> & { under?: number };

/** NodesField chooses resources by what they are called, below a node or wherever one may read them. */
export function NodesField({ under, ...props }: Props) {
  const t = useTranslations("keys");
  const [search, setSearch] = useState("");
  const [q] = useDebouncedValue(search.trim(), 250);
  const known = useRef(new Map<string, string>());
  const found = $api.useQuery(
    "get",
    "/resources",
    { params: { query: { under, q: q || undefined, limit: 20 } } },
    { placeholderData: keepPreviousData },
  );
  for (const r of found.data?.items ?? []) {
    known.current.set(String(r.num), `${r.display_name} (${r.num})`);
  }
  const here = (found.data?.items ?? []).map((r) => String(r.num));
  const values = [...new Set([...here, ...(props.value ?? [])])];
  return (
    <MultiSelect
      searchable
      clearable
      clearButtonProps={{ "aria-label": t("clearOf", { field: String(props.label) }) }}
      hidePickedOptions
      searchValue={search}
      onSearchChange={setSearch}
      filter={({ options }) => options} // the server has looked already
      nothingFoundMessage={found.isFetching ? undefined : t("noNodes")}
      data={values.map((value) => ({ value, label: known.current.get(value) ?? value }))}
      {...props}
    />
  );
}

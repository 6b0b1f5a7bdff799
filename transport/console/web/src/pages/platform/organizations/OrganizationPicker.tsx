import { Loader, Select } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { clearButton } from "~/pages/platform/organizations/clear";

type Organization = Schemas["Organization"];

type Props = {
  label: string;
  description?: ReactNode;
  placeholder?: string;
  required?: boolean;
  clearable?: boolean;
  value: string | null;
  error?: ReactNode;
  /** The organization is told whole: what else is asked may depend on it. */
  onChange: (id: string | null, organization?: Organization) => void;
};

/** OrganizationPicker finds one of the organizations that the reader sees, by its name. */
export function OrganizationPicker({ value, onChange, required, clearable, ...field }: Props) {
  const t = useTranslations("organizations");
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<Organization>();
  const [q] = useDebouncedValue(text === chosen?.name ? "" : text.trim(), 200);
  const found = $api.useQuery(
    "get",
    "/organizations",
    { params: { query: { q: q || undefined, limit: 50, sort: "name" } } },
    { placeholderData: keepPreviousData },
  );
  const options = found.data?.items ?? [];
  const shown = chosen && chosen.id === value && !options.some((o) => o.id === value) ? [chosen, ...options] : options;
  return (
    <Select
      {...field}
      required={required}
      withAsterisk={required}
      clearable={clearable}
      allowDeselect={clearable ?? false}
      searchable
      searchValue={text}
      onSearchChange={setText}
      filter={({ options: all }) => all} // the server has filtered
      nothingFoundMessage={found.isPending ? undefined : t("noneFound")}
      rightSection={found.isFetching ? <Loader size="xs" aria-hidden /> : undefined}
      data={shown.map((o) => ({ value: o.id, label: o.name }))}
      value={value}
      onChange={(id) => {
        const organization = shown.find((o) => o.id === id);
        setChosen(organization);
        onChange(id, organization);
      }}
      clearButtonProps={clearButton(t("unchoose"))}
    />
  );
}

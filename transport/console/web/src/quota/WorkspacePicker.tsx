import { Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";

type Props = {
  label: string;
  value: string | null;
  error?: ReactNode;
  onChange: (id: string | null, name?: string) => void;
};

/** WorkspacePicker finds a workspace by its name. */
export function WorkspacePicker({ value, onChange, ...field }: Props) {
  const t = useTranslations("pools");
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<{ id: string; name: string; technical_name: string }>();
  const [q] = useDebouncedValue(text === chosen?.name ? "" : text.trim(), 200);
  const found = $api.useQuery(
    "get",
    "/workspaces",
    { params: { query: { q: q || undefined, limit: 50, sort: "name" } } },
    { placeholderData: keepPreviousData },
  );
  const all = found.data?.items ?? [];
  const shown = chosen && chosen.id === value && !all.some((w) => w.id === value) ? [chosen, ...all] : all;
  const byId = new Map(shown.map((w) => [w.id, w]));
  return (
    <Select
      {...field}
      required
      withAsterisk
      allowDeselect={false}
      searchable
      searchValue={text}
      onSearchChange={setText}
      filter={({ options }) => options} // the server has filtered
      nothingFoundMessage={found.isPending ? undefined : t("noneFound")}
      data={shown.map((w) => ({ value: w.id, label: w.name }))}
      renderOption={({ option }) => (
        <div style={{ overflowWrap: "anywhere" }}>
          <Text size="sm">{option.label}</Text>
          <Text size="xs" c="dimmed">
            {byId.get(option.value)?.technical_name}
          </Text>
        </div>
      )}
      value={value}
      onChange={(id) => {
        const workspace = id ? byId.get(id) : undefined;
        setChosen(workspace);
        onChange(id, workspace?.name);
      }}
    />
  );
}

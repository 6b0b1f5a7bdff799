import { Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { useAmount } from "~/text/amount";
import { isBuiltin, useKindName } from "./names";

type Pool = Schemas["Pool"];
type Props = {
  label: string;
  value: string | null;
  error?: ReactNode;
  onChange: (id: string | null, pool?: Pool) => void;
};

/** PoolPicker finds a facility that can be given, by its name. */
export function PoolPicker({ value, onChange, ...field }: Props) {
  const t = useTranslations("pools");
  const kindName = useKindName();
  const amount = useAmount();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<Pool>();
  const [q] = useDebouncedValue(text === chosen?.name ? "" : text.trim(), 200);
  const found = $api.useQuery(
    "get",
    "/pools",
    { params: { query: { q: q || undefined, limit: 100, sort: "name" } } },
    { placeholderData: keepPreviousData },
  );
  const pools = (found.data?.items ?? []).filter((p) => !isBuiltin(p));
  const shown = chosen && chosen.id === value && !pools.some((p) => p.id === value) ? [chosen, ...pools] : pools;
  const byId = new Map(shown.map((p) => [p.id, p]));
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
      data={shown.map((p) => ({ value: p.id, label: p.name }))}
      renderOption={({ option }) => {
        const pool = byId.get(option.value);
        return (
          <div style={{ overflowWrap: "anywhere" }}>
            <Text size="sm">{option.label}</Text>
            {pool && (
              <Text size="xs" c="dimmed">
                {[
                  kindName(pool.kind),
                  pool.type,
                  pool.capacity === null
                    ? t("quota.used", { use: amount(pool.use, pool.unit) })
                    : t("quota.usedOf", { use: amount(pool.use, pool.unit), limit: amount(pool.capacity, pool.unit) }),
                ]
                  .filter(Boolean)
                  .join(" · ")}
              </Text>
            )}
          </div>
        );
      }}
      value={value}
      onChange={(id) => {
        const pool = id ? byId.get(id) : undefined;
        setChosen(pool);
        onChange(id, pool);
      }}
    />
  );
}

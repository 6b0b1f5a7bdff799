import { Select } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import { useWorkspace } from "../workspace";

type Props = {
  label: string;
  classes: readonly string[];
  value: number | null;
  onChange: (num: number | null) => void;
  error?: ReactNode;
};

/** LinkSelect chooses another resource of the workspace that settings refer to. */
export function LinkSelect({ label, classes, value, onChange, error }: Props) {
  const t = useTranslations("resources");
  const { workspace } = useWorkspace();
  const body = { under: workspace.num, class: classes.length > 0 ? [...classes] : undefined };
  const { data } = useQuery({
    queryKey: ["list", "/resources", "search", body, "links"],
    queryFn: ({ signal }) => {
      const query = { limit: 200, sort: "name", fields: "num,display_name" } as const;
      return done(api.POST("/resources/search", { params: { query }, body, signal }));
    },
  });
  return (
    <Select
      label={label}
      withAsterisk
      searchable
      error={error}
      nothingFoundMessage={t("nothingToLink")}
      data={(data?.items ?? []).map((n) => ({ value: String(n.num), label: `${n.display_name} (${n.num})` }))}
      value={value === null ? null : String(value)}
      onChange={(num) => onChange(num === null ? null : Number(num))}
    />
  );
}

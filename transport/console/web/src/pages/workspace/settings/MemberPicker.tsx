import { Loader, Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { useRoleNames } from "~/text/words";
import type { Workspace } from "../workspace";

type Member = Schemas["Member"];
type Props = {
  workspace: Workspace;
  label: string;
  description?: string;
  value: string | null;
  error?: ReactNode;
  onChange: (user: string | null, name?: string) => void;
};

/** MemberPicker finds one of the people of a workspace, besides its supervisor, by name, username or e-mail. */
export function MemberPicker({ workspace, value, onChange, ...field }: Props) {
  const t = useTranslations("settings");
  const roleNames = useRoleNames();
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<Member>();
  const [q] = useDebouncedValue(text === chosen?.name ? "" : text.trim(), 200);
  const found = $api.useQuery(
    "get",
    "/workspaces/{workspace}/members",
    {
      params: {
        path: { workspace: workspace.id },
        query: { q: q || undefined, kind: "user", suspended: false, limit: 50, sort: "name" },
      },
    },
    { placeholderData: keepPreviousData },
  );
  const others = (found.data?.items ?? []).filter((m) => !m.supervisor);
  const shown = chosen && !others.some((m) => m.principal === chosen.principal) ? [chosen, ...others] : others;
  const byId = new Map(shown.flatMap((m) => (m.user ? [[m.user.id, m] as const] : [])));
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
      nothingFoundMessage={found.isPending ? undefined : t("supervisor.nobody")}
      rightSection={found.isFetching ? <Loader size="xs" aria-hidden /> : undefined}
      data={[...byId].map(([id, m]) => ({ value: id, label: m.name }))}
      renderOption={({ option }) => {
        const member = byId.get(option.value);
        return (
          <div style={{ overflowWrap: "anywhere" }}>
            <Text size="sm">{option.label}</Text>
            <Text size="xs" c="dimmed">
              {[member?.email, member && roleNames(member.roles)].filter(Boolean).join(" · ")}
            </Text>
          </div>
        );
      }}
      value={value}
      onChange={(id) => {
        const member = id ? byId.get(id) : undefined;
        setChosen(member);
        onChange(id, member?.name);
      }}
    />
  );
}

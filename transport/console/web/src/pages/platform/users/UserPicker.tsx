import { Loader, Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { useMay } from "~/session/may";
import { useUser } from "~/session/SessionProvider";
import { fullName } from "./name";

type Person = Schemas["Person"];

type Props = {
  label: string;
  description?: ReactNode;
  placeholder?: string;
  value: string | null;
  error?: ReactNode;
  onChange: (id: string | null) => void;
  /**
   * The organization whose administrators are offered to who may not list everybody. Without, he is offered himself.
   */
  organization?: string | null;
};

/** usePeople finds people by what somebody writes: anybody, for who may list users; those whom he sees otherwise. */
function usePeople(q: string, organization: string | null | undefined) {
  const me = useUser();
  const all = useMay(0, ["platform.manage_users"])("platform.manage_users");
  const query = { q: q || undefined, limit: 30, sort: "name" };
  const users = $api.useQuery(
    "get",
    "/users",
    { params: { query: { ...query, disabled: false } } },
    { enabled: all, placeholderData: keepPreviousData },
  );
  const near = $api.useQuery(
    "get",
    "/organizations/{organization}/administrators",
    { params: { path: { organization: organization ?? "" }, query: { ...query, disabled: false } } },
    { enabled: !all && Boolean(organization), placeholderData: keepPreviousData },
  );
  const found: Person[] = all ? (users.data?.items ?? []) : (near.data?.items ?? []);
  const others = found.filter((p) => p.id !== me.id);
  const mine = `${me.username} ${me.email} ${fullName(me)}`.toLowerCase().includes(q.toLowerCase());
  return { people: mine ? [me, ...others] : others, busy: users.isFetching || near.isFetching };
}

/** UserPicker finds one person by name, username or e-mail. */
export function UserPicker({ value, onChange, organization, ...field }: Props) {
  const t = useTranslations("users");
  const [text, setText] = useState("");
  const [chosen, setChosen] = useState<Person>();
  const [q] = useDebouncedValue(chosen && text === fullName(chosen) ? "" : text.trim(), 200);
  const { people, busy } = usePeople(q, organization);
  const shown = chosen && chosen.id === value && !people.some((p) => p.id === value) ? [chosen, ...people] : people;
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
      nothingFoundMessage={busy ? undefined : t("nobodyFound")}
      rightSection={busy ? <Loader size="xs" aria-hidden /> : undefined}
      data={shown.map((p) => ({ value: p.id, label: fullName(p) }))}
      renderOption={({ option }) => {
        const person = byId.get(option.value);
        return (
          <div>
            <Text size="sm">{option.label}</Text>
            <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
              {person?.username} · {person?.email}
            </Text>
          </div>
        );
      }}
      value={value}
      onChange={(id) => {
        setChosen(id ? byId.get(id) : undefined);
        onChange(id);
      }}
    />
  );
}

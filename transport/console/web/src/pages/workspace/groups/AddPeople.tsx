import { Alert, List, MultiSelect, Progress, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useDebouncedValue } from "@mantine/hooks";
import { keepPreviousData } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { FormDialog } from "~/dialog/FormDialog";
import { useTell } from "~/shell/notices";
import { useProblemText } from "~/text/problem";
import { useWorkspace } from "../workspace";
import { type Group, ofGroups } from "./group";

type Member = Schemas["Member"];

/** AddPeople puts members of the workspace into a group, who are looked for on the server: there may be many. */
export function AddPeople({ group, onClose }: { group: Group; onClose: () => void }) {
  const t = useTranslations("groups");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const problemText = useProblemText();
  const people = useMembers();
  const [at, setAt] = useState<number>();
  const [failed, setFailed] = useState<{ id: string; error: unknown }[]>([]);
  const form = useForm({
    initialValues: { people: [] as string[] },
    validate: { people: (chosen) => (chosen.length === 0 ? c("required") : null) },
  });
  const chosen = form.values.people;
  return (
    <FormDialog
      title={t("addTo", { name: group.name })}
      form={form}
      act={t("add")}
      onClose={onClose}
      send={async () => {
        const wrong: { id: string; error: unknown }[] = [];
        setFailed([]);
        for (const [i, id] of chosen.entries()) {
          setAt(i);
          try {
            await api.PUT("/groups/{group}/users/{user}", { params: { path: { group: group.id, user: id } } });
          } catch (error) {
            wrong.push({ id, error });
          }
        }
        setAt(undefined);
        const added = chosen.length - wrong.length;
        if (added > 0) {
          await changed(...ofGroups);
          tell.done(t("added", { count: added }));
        }
        const first = wrong[0];
        if (first) {
          // Who is left is who could not be added.
          form.setFieldValue(
            "people",
            wrong.map((w) => w.id),
          );
          setFailed(wrong);
          throw first.error;
        }
      }}
    >
      <MultiSelect
        label={t("people")}
        description={t("addText")}
        placeholder={chosen.length === 0 ? t("addPlaceholder") : undefined}
        withAsterisk
        required
        searchable
        hidePickedOptions
        searchValue={people.text}
        onSearchChange={people.setText}
        // The server has chosen already.
        filter={({ options }) => options}
        nothingFoundMessage={people.busy ? undefined : t("nobodyFound")}
        maxDropdownHeight={240}
        data={people.options(chosen)}
        data-autofocus
        {...form.getInputProps("people")}
      />
      {failed.length > 1 && (
        <Alert color="red">
          <List size="sm" style={{ overflowWrap: "anywhere" }}>
            {failed.map(({ id, error }) => (
              <List.Item key={id}>
                <strong>{people.name(id)}</strong> – {problemText(error)}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      {at !== undefined && chosen.length > 1 && (
        <div>
          <Progress value={(100 * at) / chosen.length} animated aria-label={t("addTo", { name: group.name })} />
          <Text size="sm" c="dimmed" role="status">
            {c("several.progress", { done: at, total: chosen.length })}
          </Text>
        </div>
      )}
    </FormDialog>
  );
}

/** useMembers finds people of the workspace by what is written, and remembers those whom it has found. */
function useMembers() {
  const { workspace } = useWorkspace();
  const [text, setText] = useState("");
  const [q] = useDebouncedValue(text.trim(), 200);
  const { data, isFetching } = $api.useQuery(
    "get",
    "/workspaces/{workspace}/members",
    {
      params: {
        path: { workspace: workspace.id },
        query: { q: q || undefined, kind: "user", limit: 50, sort: "name" },
      },
    },
    { placeholderData: keepPreviousData },
  );
  const [seen, setSeen] = useState<ReadonlyMap<string, Member>>(new Map());
  const fresh = (data?.items ?? []).filter((m) => m.user && !seen.has(m.user.id));
  if (fresh.length > 0) {
    setSeen(new Map([...seen, ...fresh.flatMap((m) => (m.user ? [[m.user.id, m] as const] : []))]));
  }
  const labelOf = (id: string) => {
    const m = seen.get(id);
    return m ? `${m.name} (${m.email})` : id;
  };
  return {
    text,
    setText,
    busy: isFetching,
    name: (id: string) => seen.get(id)?.name ?? id,
    options: (chosen: readonly string[]) => {
      const found = (data?.items ?? []).flatMap((m) => (m.user ? [m.user.id] : []));
      return [...new Set([...chosen, ...found])].map((value) => ({ value, label: labelOf(value) }));
    },
  };
}

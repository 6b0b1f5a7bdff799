import { Button, Stack, Title } from "@mantine/core";
import { IconUserMinus, IconUserPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Several } from "~/dialog/Several";
import { useTell } from "~/shell/notices";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { listedName } from "~/text/person";
import { AddPeople } from "./AddPeople";
import { type Group, ofGroups, type Person } from "./group";

type Removing = { people: Person[]; clear?: () => void };

/** GroupPeople is who is in a group. */
export function GroupPeople({ group, manages }: { group: Group; manages: boolean }) {
  const t = useTranslations("groups");
  const [adding, setAdding] = useState(false);
  const [removing, setRemoving] = useState<Removing>();
  const columns = useColumns();
  const add = manages && (
    <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setAdding(true)}>
      {t("add")}
    </Button>
  );
  return (
    <Stack gap="sm">
      <Title order={2} size="h4">
        {t("people")}
      </Title>
      <DataTable
        id="group-people"
        inside
        label={t("people")}
        path="/groups/{group}/users"
        params={{ group: group.id }}
        columns={columns}
        rowId={(p) => p.id}
        rowName={listedName}
        searchIn={t("searchPeople")}
        sort="name"
        actions={add}
        empty={{ title: t("nobody"), text: t("nobodyText"), action: add }}
        rowActions={
          manages
            ? [
                {
                  label: t("remove"),
                  icon: <IconUserMinus size={16} aria-hidden />,
                  danger: true,
                  run: (person) => setRemoving({ people: [person] }),
                },
              ]
            : []
        }
        bulkActions={
          manages
            ? [
                {
                  label: t("remove"),
                  icon: <IconUserMinus size={16} aria-hidden />,
                  danger: true,
                  run: (people, clear) => setRemoving({ people, clear }),
                },
              ]
            : []
        }
      />
      {adding && <AddPeople group={group} onClose={() => setAdding(false)} />}
      {removing && <RemovePeople group={group} {...removing} onClose={() => setRemoving(undefined)} />}
    </Stack>
  );
}

function useColumns(): Column<Person>[] {
  const t = useTranslations("groups");
  return useMemo(
    () => [
      { id: "name", header: t("name"), sort: "name", fixed: true, cell: listedName, text: listedName },
      {
        id: "identifier",
        header: t("identifier"),
        sort: "username",
        cell: (p) => p.username,
        text: (p) => p.username,
      },
      { id: "email", header: t("email"), sort: "email", cell: (p) => p.email, text: (p) => p.email },
    ],
    [t],
  );
}

/** RemovePeople takes people out of a group; they stay members of the workspace. */
function RemovePeople({ group, people, clear, onClose }: Removing & { group: Group; onClose: () => void }) {
  const t = useTranslations("groups");
  const changed = useChanged();
  const tell = useTell();
  return (
    <Several
      title={t("removeSeveral", { count: people.length, name: group.name })}
      items={people}
      id={(p) => p.id}
      name={listedName}
      act={t("remove")}
      danger
      run={async (p) => {
        await api.DELETE("/groups/{group}/users/{user}", { params: { path: { group: group.id, user: p.id } } });
      }}
      onDone={async (done) => {
        clear?.();
        await changed(...ofGroups);
        tell.done(t("removed", { count: done.length }));
      }}
      onClose={onClose}
    >
      {t("removeText")}
    </Several>
  );
}

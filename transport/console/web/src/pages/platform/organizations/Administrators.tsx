import { Button, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconUserMinus, IconUserPlus } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Confirm } from "~/dialog/Confirm";
import { FormDialog } from "~/dialog/FormDialog";
import { Several } from "~/dialog/Several";
import { useMay } from "~/session/may";
import { useUser } from "~/session/SessionProvider";
import { useTell } from "~/shell/notices";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { fullName, listedName } from "~/text/person";
import { UserPicker } from "../users/UserPicker";
import type { Organization, OrganizationMay } from "./organization";

type Person = Schemas["Person"];
type Opened = { is: "add" } | { is: "remove"; person: Person } | { is: "several"; people: Person[]; clear: () => void };

const list = "/organizations/{organization}/administrators";

/** Administrators are who holds everything in an organization and its workspaces. */
export function Administrators({ organization, may }: { organization: Organization; may: OrganizationMay }) {
  const t = useTranslations("organizations");
  const changed = useChanged();
  const tell = useTell();
  const me = useUser();
  const [opened, setOpened] = useState<Opened>();
  const columns = useColumns();
  const manages = may("organization.manage_users");
  const close = () => setOpened(undefined);
  const add = manages && (
    <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setOpened({ is: "add" })}>
      {t("add")}
    </Button>
  );
  const remove = async (person: Person) => {
    await api.DELETE("/organizations/{organization}/administrators/{user}", {
      params: { path: { organization: organization.id, user: person.id } },
    });
  };
  return (
    <>
      <Text c="dimmed" mb="sm">
        {t("administratorsText")}
      </Text>
      <DataTable
        id="organization-administrators"
        label={t("administrators")}
        path={list}
        params={{ organization: organization.id }}
        columns={columns}
        rowId={(p) => p.id}
        rowName={listedName}
        searchIn={t("searchPeople")}
        sort="name"
        inside
        actions={add}
        empty={{ title: t("nobody"), text: t("nobodyText"), action: add }}
        rowActions={
          manages
            ? [
                {
                  label: t("remove"),
                  icon: <IconUserMinus size={16} aria-hidden />,
                  danger: true,
                  run: (person) => setOpened({ is: "remove", person }),
                },
              ]
            : undefined
        }
        bulkActions={
          manages
            ? [
                {
                  label: t("remove"),
                  icon: <IconUserMinus size={16} aria-hidden />,
                  danger: true,
                  run: (people, clear) => setOpened({ is: "several", people, clear }),
                },
              ]
            : undefined
        }
      />
      {opened?.is === "add" && <AddAdministrator organization={organization} onClose={close} />}
      {opened?.is === "remove" && (
        <Confirm
          title={t("removeTitle", { name: fullName(opened.person), organization: organization.name })}
          act={t("remove")}
          onClose={close}
          run={async () => {
            await remove(opened.person);
            await changed(list);
            tell.done(t("removed", { name: fullName(opened.person) }));
          }}
        >
          <Text size="sm">{t(opened.person.id === me.id ? "removeSelf" : "removeText")}</Text>
        </Confirm>
      )}
      {opened?.is === "several" && (
        <Several
          title={t("removeSeveral", { count: opened.people.length, organization: organization.name })}
          items={opened.people}
          id={(p) => p.id}
          name={listedName}
          act={t("remove")}
          danger
          run={remove}
          onDone={async () => {
            await changed(list);
            opened.clear();
          }}
          onClose={close}
        >
          <Text size="sm">{t("removeText")}</Text>
        </Several>
      )}
    </>
  );
}

/** AddAdministrator makes somebody an administrator: found by name, or by an identifier where people are not listed. */
function AddAdministrator({ organization, onClose }: { organization: Organization; onClose: () => void }) {
  const t = useTranslations("organizations");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const finds = useMay(0, ["platform.manage_users"])("platform.manage_users");
  const form = useForm({
    initialValues: { user: null as string | null },
    validate: { user: (user) => (user?.trim() ? null : c("required")) },
  });
  return (
    <FormDialog
      title={t("addTitle", { organization: organization.name })}
      form={form}
      act={t("addAct")}
      onClose={onClose}
      send={async ({ user }) => {
        await api.PUT("/organizations/{organization}/administrators/{user}", {
          params: { path: { organization: organization.id, user: (user ?? "").trim() } },
        });
        await changed(list);
        tell.done(t("added"));
      }}
    >
      <Text size="sm">{t("addText")}</Text>
      {finds ? (
        <UserPicker
          label={t("person")}
          value={form.values.user}
          error={form.errors.user}
          onChange={(user) => form.setFieldValue("user", user)}
        />
      ) : (
        <TextInput
          label={t("userIdentifier")}
          description={t("userIdentifierText")}
          required
          withAsterisk
          autoComplete="off"
          spellCheck={false}
          data-autofocus
          {...form.getInputProps("user")}
          value={form.values.user ?? ""}
        />
      )}
    </FormDialog>
  );
}

function useColumns(): Column<Person>[] {
  const t = useTranslations("organizations");
  return useMemo(
    () => [
      { id: "name", header: t("name"), sort: "name", fixed: true, cell: listedName, text: listedName },
      { id: "username", header: t("username"), sort: "username", cell: (p) => p.username, text: (p) => p.username },
      { id: "email", header: t("email"), sort: "email", cell: (p) => p.email, text: (p) => p.email },
    ],
    [t],
  );
}

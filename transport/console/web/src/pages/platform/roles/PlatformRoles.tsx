import { Button, Modal, Stack } from "@mantine/core";
import { IconEdit, IconInfoCircle, IconPlus, IconTrash } from "@tabler/icons-react";
import { useCallback, useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { Facts } from "~/dialog/Facts";
import { RoleGives } from "~/explain/RoleGives";
import { type Role, useRoleColumns } from "~/explain/useRoleColumns";
import { useMay } from "~/session/may";
import { useTell } from "~/shell/notices";
import { Page } from "~/shell/Page";
import { DataTable } from "~/table/DataTable";
import { useRoleName } from "~/text/words";
import { RoleForm } from "./RoleForm";

type Opened = { dialog: "new" } | { dialog: "info" | "edit" | "delete"; role: Role };

/** PlatformRoles is all roles that there are; those of the platform itself are as they are. */
export default function PlatformRoles() {
  const t = useTranslations("roles");
  const c = useTranslations("common");
  const roleName = useRoleName();
  const changed = useChanged();
  const tell = useTell();
  const may = useMay(0, ["platform.manage_roles"]);
  const [opened, setOpened] = useState<Opened>();
  const byName = useRoleColumns(useCallback((role) => setOpened({ dialog: "info", role }), []));
  const columns = useMemo(() => Object.values(byName), [byName]);
  const manages = may("platform.manage_roles");
  const close = () => setOpened(undefined);
  const create = manages && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpened({ dialog: "new" })}>
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} text={t("platformText")}>
      <DataTable
        id="platform-roles"
        label={t("title")}
        path="/roles"
        columns={columns}
        rowId={(r) => r.name}
        rowName={(r) => roleName(r.name)}
        sort="name"
        actions={create}
        empty={{ title: t("empty"), action: create }}
        rowActions={[
          {
            label: c("info"),
            icon: <IconInfoCircle size={16} />,
            run: (role) => setOpened({ dialog: "info", role }),
          },
          {
            label: c("modify"),
            icon: <IconEdit size={16} />,
            hidden: (r) => r.builtin || !manages,
            run: (role) => setOpened({ dialog: "edit", role }),
          },
          {
            label: c("delete"),
            icon: <IconTrash size={16} />,
            danger: true,
            hidden: (r) => r.builtin || !manages,
            run: (role) => setOpened({ dialog: "delete", role }),
          },
        ]}
      />
      {opened?.dialog === "new" && <RoleForm onClose={close} />}
      {opened?.dialog === "edit" && <RoleForm role={opened.role} onClose={close} />}
      {opened?.dialog === "info" && (
        <Modal
          opened
          onClose={close}
          title={t("infoOf", { role: roleName(opened.role.name) })}
          closeButtonProps={{ "aria-label": c("close") }}
        >
          <Stack>
            <Facts
              of={[
                [t("name"), opened.role.name],
                [t("roleTitle"), opened.role.title],
                [t("builtin"), opened.role.builtin ? c("yes") : c("no")],
              ]}
            />
            <RoleGives role={opened.role} />
          </Stack>
        </Modal>
      )}
      {opened?.dialog === "delete" && (
        <Confirm
          title={t("deleteTitle", { role: roleName(opened.role.name) })}
          goes={[opened.role.title]}
          act={c("delete")}
          onClose={close}
          run={async () => {
            await api.DELETE("/roles/{role}", { params: { path: { role: opened.role.name } } });
            await changed("/roles", "/roles/{role}");
            tell.done(t("deleted"));
          }}
        >
          {t("deleteText")}
        </Confirm>
      )}
    </Page>
  );
}

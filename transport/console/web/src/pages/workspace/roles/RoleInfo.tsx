import { Divider, Modal, Stack, Title } from "@mantine/core";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { Facts } from "~/dialog/Facts";
import { RoleGives } from "~/explain/RoleGives";
import type { Role } from "~/explain/useRoleColumns";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { useRoleName } from "~/text/words";
import { useWorkspace } from "../workspace";

type Member = Schemas["Member"];

/** RoleInfo is what a role gives, and who has it. */
export function RoleInfo({ role, onClose }: { role: Role; onClose: () => void }) {
  const t = useTranslations("roles");
  const c = useTranslations("common");
  const { workspace, may } = useWorkspace();
  const roleName = useRoleName();
  const columns = useMemo<Column<Member>[]>(
    () => [
      { id: "name", header: t("member"), sort: "name", fixed: true, cell: (m) => m.name, text: (m) => m.name },
      { id: "email", header: t("email"), sort: "email", cell: (m) => m.email ?? "–", text: (m) => m.email },
    ],
    [t],
  );
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t("infoOf", { role: roleName(role.name) })}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <Stack>
        <Facts
          of={[
            [t("name"), role.name],
            [t("roleTitle"), role.title],
            [t("builtin"), role.builtin ? c("yes") : c("no")],
          ]}
        />
        <Title order={3} size="h5">
          {t("gives")}
        </Title>
        <RoleGives role={role} />
        {may("workspace.read_members") && (
          <>
            <Divider />
            <Title order={3} size="h5">
              {t("who")}
            </Title>
            <DataTable
              id="role-members"
              inside
              label={t("who")}
              path="/workspaces/{workspace}/members"
              params={{ workspace: workspace.id }}
              query={{ role: role.name }}
              columns={columns}
              rowId={(m) => String(m.principal)}
              rowName={(m) => m.name}
              searchIn={t("searchMembers")}
              sort="name"
              empty={{ title: t("nobody") }}
            />
          </>
        )}
      </Stack>
    </Modal>
  );
}

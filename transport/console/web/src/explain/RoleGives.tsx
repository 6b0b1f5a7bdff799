import { List, Stack, Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { byScope, usePermissionNames } from "./permissions";

/** RoleGives is what a role permits, by what it is about. */
export function RoleGives({ role }: { role: Pick<Schemas["Role"], "everything" | "permissions"> }) {
  const t = useTranslations("roles");
  const names = usePermissionNames();
  if (role.everything) {
    return <Text size="sm">{t("everything")}</Text>;
  }
  if (role.permissions.length === 0) {
    return <Text size="sm">{t("nothing")}</Text>;
  }
  return (
    <Stack gap="xs">
      {byScope(role.permissions).map(({ scope, permissions }) => (
        <div key={scope}>
          <Text size="sm" fw={600}>
            {names.scope(scope)}
          </Text>
          <List size="sm">
            {permissions.map((p) => (
              <List.Item key={p}>{names.permission(p)}</List.Item>
            ))}
          </List>
        </div>
      ))}
    </Stack>
  );
}

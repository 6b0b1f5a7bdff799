import { Alert, Checkbox, Fieldset, SimpleGrid, Stack, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Problem, problemOf } from "~/api/problem";
import { FormDialog } from "~/dialog/FormDialog";
import { useClasses } from "~/explain/classes";
import { allPermissions, byScope, usePermissionNames } from "~/explain/permissions";
import { useTell } from "~/shell/notices";

/** RoleForm defines a role: what it is called, and what it permits. */
export function RoleForm({ role, onClose }: { role?: Schemas["Role"]; onClose: () => void }) {
  const t = useTranslations("roles");
  const c = useTranslations("common");
  const names = usePermissionNames();
  const classes = useClasses();
  const changed = useChanged();
  const tell = useTell();
  const { data: roles } = $api.useQuery("get", "/roles", { params: { query: { limit: 200 } } });
  const scopes = byScope(allPermissions(classes, roles?.items ?? []));
  const form = useForm({
    initialValues: { name: role?.name ?? "", title: role?.title ?? "", permissions: role?.permissions ?? [] },
    validate: {
      name: (v) => (v.trim() ? null : c("required")),
      title: (v) => (v.trim() ? null : c("required")),
    },
  });
  const chosen = new Set(form.values.permissions);
  const toggle = (of: readonly string[], on: boolean) =>
    form.setFieldValue("permissions", [...form.values.permissions.filter((p) => !of.includes(p)), ...(on ? of : [])]);
  return (
    <FormDialog
      title={role ? t("editTitle", { role: role.title }) : t("create")}
      form={form}
      act={role ? c("save") : c("create")}
      size="xl"
      onClose={onClose}
      send={async (values) => {
        const path = { role: values.name.trim() };
        const now = await current(path.role);
        if (!role && now) {
          throw new Problem({ status: 409, code: "taken", title: "taken", field: "name" } as never);
        }
        await api.PUT("/roles/{role}", {
          params: { path, header: { "If-Match": now?.headers.get("ETag") ?? undefined } },
          body: { title: values.title.trim(), permissions: values.permissions },
        });
        await changed("/roles", "/roles/{role}");
        tell.done(c("saved"));
      }}
    >
      {role && <Alert color="yellow">{t("editText")}</Alert>}
      <TextInput
        label={t("name")}
        description={t("nameText")}
        withAsterisk
        required
        disabled={Boolean(role)}
        data-autofocus
        {...form.getInputProps("name")}
      />
      <TextInput label={t("roleTitle")} withAsterisk required {...form.getInputProps("title")} />
      <Stack gap="sm">
        {scopes.map(({ scope, permissions }) => {
          const some = permissions.filter((p) => chosen.has(p)).length;
          return (
            <Fieldset key={scope} legend={names.scope(scope)}>
              <Stack gap="xs">
                <Checkbox
                  label={t("allOf", { scope: names.scope(scope) })}
                  checked={some === permissions.length}
                  indeterminate={some > 0 && some < permissions.length}
                  onChange={(event) => toggle(permissions, event.currentTarget.checked)}
                />
                <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="xs" pl="md">
                  {permissions.map((p) => (
                    <Checkbox
                      key={p}
                      label={names.permission(p)}
                      checked={chosen.has(p)}
                      onChange={(event) => toggle([p], event.currentTarget.checked)}
                    />
                  ))}
                </SimpleGrid>
              </Stack>
            </Fieldset>
          );
        })}
      </Stack>
    </FormDialog>
  );
}

/** A role as it is now; undefined where there is none. */
async function current(role: string): Promise<Response | undefined> {
  try {
    return (await api.GET("/roles/{role}", { params: { path: { role } } })).response;
  } catch (error) {
    if (problemOf(error).status === 404) {
      return undefined;
    }
    throw error;
  }
}

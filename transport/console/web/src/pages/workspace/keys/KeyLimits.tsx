import { Accordion, MultiSelect, Stack, TagsInput, Text } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Workspace } from "../workspace";
import { NodesField } from "./NodesField";

export type Limits = { scopes: string[]; networks: string[]; origins: string[]; nodes: string[] };
type Props<Values extends Limits> = { form: UseFormReturnType<Values>; workspace?: Workspace; role?: string };

/** KeyLimits are what a key can be held to besides its role: less than that, and not from everywhere. */
export function KeyLimits<Values extends Limits>({ form, workspace, role }: Props<Values>) {
  const t = useTranslations("keys");
  const roles = $api.useQuery("get", "/roles", { params: { query: { limit: 200 } } }, { staleTime: 60_000 });
  const scopes = useMemo(() => {
    const permissions = (roles.data?.items ?? []).filter((r) => !role || r.name === role).flatMap((r) => r.permissions);
    const known = [...new Set(permissions)].sort();
    const names = [...new Set(known.map((p) => p.split(".")[0] ?? p))];
    return names.map((scope) => ({
      group: scope,
      items: [
        { value: scope, label: t("allOf", { scope }) },
        ...known.filter((p) => p.startsWith(`${scope}.`)).map((p) => ({ value: p, label: p })),
      ],
    }));
  }, [roles.data, role, t]);
  return (
    <Accordion variant="contained" chevronPosition="left">
      <Accordion.Item value="limits">
        <Accordion.Control>{t("advanced")}</Accordion.Control>
        <Accordion.Panel>
          <Stack>
            <Text size="sm" c="dimmed">
              {t("advancedText")}
            </Text>
            <MultiSelect
              label={t("scopes")}
              description={t("scopesText")}
              searchable
              clearable
              clearButtonProps={{ "aria-label": t("clearOf", { field: t("scopes") }) }}
              hidePickedOptions
              data={scopes}
              {...form.getInputProps("scopes")}
            />
            <NodesField
              label={t("nodes")}
              description={t("nodesText")}
              under={workspace?.num}
              {...form.getInputProps("nodes")}
            />
            <TagsInput
              label={t("networks")}
              description={t("networksText")}
              splitChars={[",", ";", " "]}
              acceptValueOnBlur
              clearable
              clearButtonProps={{ "aria-label": t("clearOf", { field: t("networks") }) }}
              {...form.getInputProps("networks")}
            />
            <TagsInput
              label={t("origins")}
              description={t("originsText")}
              splitChars={[",", ";", " "]}
              acceptValueOnBlur
              clearable
              clearButtonProps={{ "aria-label": t("clearOf", { field: t("origins") }) }}
              {...form.getInputProps("origins")}
            />
          </Stack>
        </Accordion.Panel>
      </Accordion.Item>
    </Accordion>
  );
}

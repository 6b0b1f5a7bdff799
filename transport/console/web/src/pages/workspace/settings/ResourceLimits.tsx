import { ActionIcon, Button, Group, Menu, Select, SimpleGrid, Skeleton, Stack, Text, Title } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconDots, IconEdit, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Confirm } from "~/dialog/Confirm";
import { FormDialog } from "~/dialog/FormDialog";
import { LimitDialog } from "~/quota/LimitDialog";
import { LimitField } from "~/quota/LimitField";
import { QuotaBar } from "~/quota/QuotaBar";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import type { Workspace } from "../workspace";
import { useClassName } from "./useClassName";

type Limit = Schemas["ResourceLimit"];
type Opened = { dialog: "add" } | { dialog: "change" | "lift"; limit: Limit };
type Props = { workspace: Workspace; allots: boolean };

const at = "/workspaces/{workspace}/resource-limits";

/** ResourceLimits are how many resources of each class there are, and may be. */
export function ResourceLimits({ workspace, allots }: Props) {
  const t = useTranslations("settings");
  const className = useClassName();
  const [opened, setOpened] = useState<Opened>();
  const close = () => setOpened(undefined);
  const { data, error, refetch } = $api.useQuery("get", at, {
    params: { path: { workspace: workspace.id }, query: { limit: 200 } },
  });
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  return (
    <Stack gap="md">
      <Title order={3} size="h5">
        {t("quotas.resources")}
      </Title>
      <SimpleGrid cols={{ base: 1, md: 2, xl: 3 }} spacing="xl" verticalSpacing="lg">
        {!data && <Skeleton height={64} />}
        {data?.items.map((limit) => (
          <QuotaBar
            key={limit.class}
            name={className(limit.class)}
            use={limit.used}
            limit={limit.limit}
            action={
              allots && (
                <Menu position="bottom-end" shadow="md">
                  <Menu.Target>
                    <ActionIcon
                      variant="subtle"
                      color="gray"
                      aria-label={t("quotas.actionsOf", { name: className(limit.class) })}
                    >
                      <IconDots size={18} aria-hidden />
                    </ActionIcon>
                  </Menu.Target>
                  <Menu.Dropdown>
                    <Menu.Item
                      leftSection={<IconEdit size={16} aria-hidden />}
                      onClick={() => setOpened({ dialog: "change", limit })}
                    >
                      {t("quotas.changeLimit")}
                    </Menu.Item>
                    {limit.limit !== null && (
                      <Menu.Item
                        color="red"
                        leftSection={<IconTrash size={16} aria-hidden />}
                        onClick={() => setOpened({ dialog: "lift", limit })}
                      >
                        {t("quotas.lift")}
                      </Menu.Item>
                    )}
                  </Menu.Dropdown>
                </Menu>
              )
            }
          />
        ))}
      </SimpleGrid>
      {allots && (
        <Group>
          <Button
            size="xs"
            variant="default"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setOpened({ dialog: "add" })}
          >
            {t("quotas.add")}
          </Button>
        </Group>
      )}
      {opened?.dialog === "add" && <AddLimit workspace={workspace} limits={data?.items ?? []} onClose={close} />}
      {opened?.dialog === "change" && <ChangeLimit workspace={workspace} limit={opened.limit} onClose={close} />}
      {opened?.dialog === "lift" && <LiftLimit workspace={workspace} limit={opened.limit} onClose={close} />}
    </Stack>
  );
}

type LimitProps = { workspace: Workspace; limit: Limit; onClose: () => void };

function ChangeLimit({ workspace, limit, onClose }: LimitProps) {
  const t = useTranslations("settings");
  const c = useTranslations("common");
  const className = useClassName();
  const changed = useChanged();
  const tell = useTell();
  return (
    <LimitDialog
      title={t("quotas.changeOf", { name: className(limit.class) })}
      label={t("quotas.most")}
      description={t("quotas.mostText")}
      now={{ use: limit.used, limit: limit.limit }}
      onClose={onClose}
      send={async (most) => {
        await api.PUT(`${at}/{class}`, {
          params: { path: { workspace: workspace.id, class: limit.class } },
          body: { limit: most },
        });
        await changed(at);
        tell.done(c("saved"));
      }}
    />
  );
}

function LiftLimit({ workspace, limit, onClose }: LimitProps) {
  const t = useTranslations("settings");
  const className = useClassName();
  const changed = useChanged();
  const tell = useTell();
  const name = className(limit.class);
  return (
    <Confirm
      title={t("quotas.liftOf", { name })}
      act={t("quotas.lift")}
      goes={[t("quotas.liftGoes", { name, limit: limit.limit ?? 0 })]}
      onClose={onClose}
      run={async () => {
        await api.DELETE(`${at}/{class}`, {
          params: { path: { workspace: workspace.id, class: limit.class } },
        });
        await changed(at);
        tell.done(t("quotas.lifted", { name }));
      }}
    >
      <Text size="sm">{t("quotas.liftText")}</Text>
    </Confirm>
  );
}

type AddProps = { workspace: Workspace; limits: readonly Limit[]; onClose: () => void };

function AddLimit({ workspace, limits, onClose }: AddProps) {
  const t = useTranslations("settings");
  const c = useTranslations("common");
  const className = useClassName();
  const changed = useChanged();
  const tell = useTell();
  const classes = $api.useQuery("get", "/resource-classes", { params: { query: { limit: 200 } } });
  const form = useForm<{ class: string | null; limit: number | null | "" }>({
    initialValues: { class: null, limit: "" },
    validate: {
      class: (v) => (v ? null : c("required")),
      limit: (v) => (v === "" ? c("required") : null),
    },
  });
  const options = (classes.data?.items ?? [])
    .filter((k) => !limits.some((l) => l.class === k.name))
    .map((k) => ({ value: k.name, label: className(k.name) }))
    .sort((a, b) => a.label.localeCompare(b.label));
  return (
    <FormDialog
      title={t("quotas.add")}
      form={form}
      act={t("quotas.addAct")}
      onClose={onClose}
      send={async (values) => {
        await api.PUT(`${at}/{class}`, {
          params: { path: { workspace: workspace.id, class: values.class ?? "" } },
          body: { limit: values.limit === "" ? null : values.limit },
        });
        await changed(at);
        tell.done(c("saved"));
      }}
    >
      <Select
        label={t("quotas.class")}
        required
        withAsterisk
        searchable
        allowDeselect={false}
        nothingFoundMessage={t("quotas.noClass")}
        data={options}
        {...form.getInputProps("class")}
      />
      <LimitField
        label={t("quotas.most")}
        description={t("quotas.mostText")}
        value={form.values.limit}
        error={form.errors.limit}
        onChange={(v) => form.setFieldValue("limit", v)}
      />
    </FormDialog>
  );
}

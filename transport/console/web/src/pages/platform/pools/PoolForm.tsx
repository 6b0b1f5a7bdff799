import {
  ActionIcon,
  Autocomplete,
  Button,
  Group,
  Select,
  Stack,
  Switch,
  TagsInput,
  Text,
  Textarea,
  TextInput,
} from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { IconPlus, IconTrash } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { LimitField } from "~/quota/LimitField";
import { useTell } from "~/shell/notices";
import type { Pool } from "./Pools";
import { bodyOf, kinds, unitOf, type Values, valuesOf } from "./pool";

/** PoolForm makes a facility, or changes one: of those that there are, kind and unit stay. */
export function PoolForm({ pool, onClose }: { pool?: Pool; onClose: () => void }) {
  const t = useTranslations("pools");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const form = useForm<Values>({
    initialValues: valuesOf(pool),
    validate: {
      name: (v) => (v.trim() ? null : c("required")),
      kind: (v) => (v.trim() ? null : c("required")),
      capacity: (v, all) => (v === "" && all.unit !== "none" ? c("required") : null),
    },
  });
  const { values } = form;
  return (
    <FormDialog
      title={pool ? t("modifyOf", { name: pool.name }) : t("create")}
      form={form}
      act={pool ? c("save") : c("create")}
      size="lg"
      onClose={onClose}
      send={async (v) => {
        const body = bodyOf(v);
        if (pool) {
          await api.PATCH("/pools/{pool}", { params: { path: { pool: pool.id } }, body });
        } else {
          await api.POST("/pools", { body: { ...body, kind: v.kind.trim(), unit: v.unit } });
        }
        await changed("/pools", "/pools/{pool}");
        tell.done(pool ? c("saved") : t("created_", { name: body.name }));
      }}
    >
      <TextInput label={t("name")} required withAsterisk data-autofocus {...form.getInputProps("name")} />
      {pool ? (
        <Text size="sm" c="dimmed">
          {t("fixed", { kind: pool.kind, unit: t(`units.${pool.unit}`) })}
        </Text>
      ) : (
        <Group grow align="flex-start">
          <Autocomplete
            label={t("kind")}
            description={t("kindText")}
            required
            withAsterisk
            data={[...kinds]}
            {...form.getInputProps("kind")}
            onChange={(kind) => {
              form.setFieldValue("kind", kind);
              const usual = kinds.find((k) => k === kind);
              if (usual) {
                form.setFieldValue("unit", unitOf[usual]);
              }
            }}
          />
          <Select
            label={t("unit")}
            description={t("unitText")}
            required
            withAsterisk
            allowDeselect={false}
            data={(["bytes", "count", "none"] as const).map((value) => ({ value, label: t(`units.${value}`) }))}
            {...form.getInputProps("unit")}
          />
        </Group>
      )}
      {values.unit !== "none" && (
        <LimitField
          key={values.unit}
          label={t("capacity")}
          description={t("capacityText")}
          unit={values.unit}
          value={form.values.capacity}
          error={form.errors.capacity}
          onChange={(v) => form.setFieldValue("capacity", v)}
        />
      )}
      <TextInput label={t("type")} description={t("typeText")} {...form.getInputProps("type")} />
      <TextInput
        label={t("technicalName")}
        description={t("technicalNameText")}
        {...form.getInputProps("technical_name")}
      />
      <Textarea label={t("description")} autosize minRows={2} maxRows={6} {...form.getInputProps("description")} />
      <TagsInput label={t("labels")} description={t("labelsText")} {...form.getInputProps("labels")} />
      <Switch label={t("isOpen")} description={t("openText")} {...form.getInputProps("open", { type: "checkbox" })} />
      <Addresses form={form} />
    </FormDialog>
  );
}

/** Addresses are where a facility is reached, as many as there are. */
function Addresses({
  form,
}: {
  form: Pick<UseFormReturnType<Values>, "values" | "getInputProps" | "insertListItem" | "removeListItem">;
}) {
  const t = useTranslations("pools");
  return (
    <Stack gap="xs" component="fieldset" bd={0} p={0} m={0}>
      <Text component="legend" size="sm" fw={500} p={0}>
        {t("urls")}
      </Text>
      {form.values.urls.map((_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: what is being written has no other name yet
        <Group key={i} align="flex-end" gap="xs" wrap="nowrap">
          <TextInput w="30%" label={t("urlType")} {...form.getInputProps(`urls.${i}.type`)} />
          <TextInput flex={1} label={t("url")} type="url" {...form.getInputProps(`urls.${i}.url`)} />
          <ActionIcon
            variant="default"
            size={36}
            aria-label={t("removeUrl", { number: i + 1 })}
            onClick={() => form.removeListItem("urls", i)}
          >
            <IconTrash size={16} aria-hidden />
          </ActionIcon>
        </Group>
      ))}
      <Group>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={16} aria-hidden />}
          onClick={() => form.insertListItem("urls", { type: "", url: "" })}
        >
          {t("addUrl")}
        </Button>
      </Group>
    </Stack>
  );
}

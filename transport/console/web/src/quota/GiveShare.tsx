import { Select } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { FormDialog } from "~/dialog/FormDialog";
import { useTell } from "~/shell/notices";
import { LimitField } from "./LimitField";
import { slots, useSlotName } from "./names";
import { PoolPicker } from "./PoolPicker";
import { WorkspacePicker } from "./WorkspacePicker";

type Pool = Schemas["Pool"];
type Named = { id: string; name: string };

/**
 * GiveShare gives a workspace a share of a facility. One of both is known already; of a storage it asks what for, of
 * what is only counted as given or not it asks no limit.
 */
export function GiveShare({
  workspace,
  pool,
  onClose,
  onGiven,
}: {
  workspace?: Named;
  pool?: Pool;
  onClose: () => void;
  onGiven?: (workspace: Named) => void;
}) {
  const t = useTranslations("pools");
  const c = useTranslations("common");
  const slotName = useSlotName();
  const changed = useChanged();
  const tell = useTell();
  const form = useForm<{
    workspace: Named | null;
    pool: Pool | null;
    slot: string | null;
    limit: number | null | "";
  }>({
    initialValues: { workspace: workspace ?? null, pool: pool ?? null, slot: null, limit: "" },
    validate: {
      workspace: (v) => (v ? null : c("required")),
      pool: (v) => (v ? null : c("required")),
      slot: (v, all) => (all.pool?.kind === "storage" && !v ? c("required") : null),
      limit: (v, all) => (v === "" && all.pool?.unit !== "none" ? c("required") : null),
    },
  });
  const { values } = form;
  return (
    <FormDialog
      title={workspace ? t("give.toWorkspace", { name: workspace.name }) : t("give.ofPool", { name: pool?.name ?? "" })}
      form={form}
      act={t("give.act")}
      onClose={onClose}
      send={async (v) => {
        if (!v.workspace || !v.pool) {
          return;
        }
        await api.PUT("/workspaces/{workspace}/allocations/{pool}", {
          params: {
            path: { workspace: v.workspace.id, pool: v.pool.id },
            query: v.pool.kind === "storage" && v.slot ? { slot: v.slot } : {},
          },
          body: { limit: v.limit === "" ? null : v.limit },
        });
        await changed("/workspaces/{workspace}/allocations", "/pools", "/pools/{pool}");
        onGiven?.(v.workspace);
        tell.done(t("give.done", { workspace: v.workspace.name, pool: v.pool.name }));
      }}
    >
      {!workspace && (
        <WorkspacePicker
          label={t("give.workspace")}
          value={values.workspace?.id ?? null}
          error={form.errors.workspace}
          onChange={(_, chosen) => form.setFieldValue("workspace", chosen ?? null)}
        />
      )}
      {!pool && (
        <PoolPicker
          label={t("give.pool")}
          value={values.pool?.id ?? null}
          error={form.errors.pool}
          onChange={(_, chosen) => form.setFieldValue("pool", chosen ?? null)}
        />
      )}
      {values.pool?.kind === "storage" && (
        <Select
          label={t("give.slot")}
          description={t("give.slotText")}
          required
          withAsterisk
          allowDeselect={false}
          data={slots.map((value) => ({ value, label: slotName(value) }))}
          {...form.getInputProps("slot")}
        />
      )}
      {values.pool && values.pool.unit !== "none" && (
        <LimitField
          key={values.pool.unit}
          label={t("give.limit")}
          unit={values.pool.unit}
          value={form.values.limit}
          error={form.errors.limit}
          onChange={(v) => form.setFieldValue("limit", v)}
        />
      )}
    </FormDialog>
  );
}

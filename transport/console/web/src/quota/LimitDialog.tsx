import { Alert, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useTranslations } from "use-intl";
import { FormDialog } from "~/dialog/FormDialog";
import { type Unit, useAmount } from "~/text/amount";
import { LimitField } from "./LimitField";
import type { Use } from "./share";

type Props = {
  title: string;
  label: string;
  description?: string;
  unit?: Unit;
  now: Use;
  children?: ReactNode;
  onClose: () => void;
  send: (limit: number | null) => Promise<void>;
};

/** LimitDialog changes how much of something there may be, and says so when that is less than there is. */
export function LimitDialog({ title, label, description, unit = "count", now, children, onClose, send }: Props) {
  const t = useTranslations("pools.quota");
  const c = useTranslations("common");
  const amount = useAmount();
  const form = useForm<{ limit: number | null | "" }>({
    initialValues: { limit: now.limit },
    validate: { limit: (limit) => (limit === "" ? c("required") : null) },
  });
  const { limit } = form.values;
  const taken = now.use + (now.held ?? 0);
  return (
    <FormDialog
      title={title}
      form={form}
      act={c("save")}
      onClose={onClose}
      send={async (values) => {
        await send(values.limit === "" ? null : values.limit);
      }}
    >
      {children}
      <Text size="sm">{t("nowUsed", { use: amount(taken, unit) })}</Text>
      <LimitField
        label={label}
        description={description}
        unit={unit}
        value={form.values.limit}
        error={form.errors.limit}
        onChange={(v) => form.setFieldValue("limit", v)}
      />
      {typeof limit === "number" && limit < taken && (
        <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} role="status">
          {t("below")}
        </Alert>
      )}
    </FormDialog>
  );
}

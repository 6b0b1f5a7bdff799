import { Select, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useRef } from "react";
import { useTranslations } from "use-intl";
import { FormDialog } from "~/dialog/FormDialog";
import type { Workspace } from "../workspace";
import { again, type Key, useKeys } from "./place";

const overlaps = ["0", "3600", "86400", "604800", "2592000"] as const;

type Props = { of: Key; workspace?: Workspace; onClose: () => void; onRotated: (key: Key) => void };

/** KeyRotate gives a key another secret; the one before may stay valid until all programs have the new one. */
export function KeyRotate({ of: key, workspace, onClose, onRotated }: Props) {
  const t = useTranslations("keys");
  const keys = useKeys(workspace?.id);
  const names = useRef(new Map<string, string>());
  // While two secrets are valid there is no third; without overlap both end.
  const rotating = key.state === "rotating";
  const form = useForm({ initialValues: { overlap: rotating ? "0" : "86400" } });
  return (
    <FormDialog
      title={t("rotateOf", { name: key.title })}
      form={form}
      act={t("rotate")}
      onClose={onClose}
      send={async ({ overlap }) => {
        const name = names.current.get(overlap) ?? again();
        names.current.set(overlap, name);
        const rotated = await keys.rotate(key, Number(overlap), name);
        await keys.changed();
        onRotated(rotated);
      }}
    >
      <Text size="sm">{t("rotateText")}</Text>
      <Select
        label={t("overlapFor")}
        description={rotating ? t("rotatingText") : t("overlapText")}
        allowDeselect={false}
        disabled={rotating}
        data={overlaps.map((value) => ({ value, label: t(`overlaps.${value}`) }))}
        {...form.getInputProps("overlap")}
      />
    </FormDialog>
  );
}

import { Button, Checkbox, Group, Select, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useRef } from "react";
import { useTranslations } from "use-intl";
import { problemOf } from "~/api/problem";
import { FormDialog } from "~/dialog/FormDialog";
import { useRoleName } from "~/text/words";
import type { Workspace } from "../workspace";
import { dayIn, endOf } from "./expiry";
import { KeyLimits, type Limits } from "./KeyLimits";
import { again, type Key, useKeys } from "./place";

type Values = Limits & { title: string; role: "Editor" | "Viewer"; expires: string; never: boolean };
type Props = { workspace?: Workspace; onClose: () => void; onMade: (key: Key) => void };

/** KeyForm makes a key; what is needed of it has an asterisk (J-20, J-21). */
export function KeyForm({ workspace, onClose, onMade }: Props) {
  const t = useTranslations("keys");
  const c = useTranslations("common");
  const roleName = useRoleName();
  const keys = useKeys(workspace?.id);
  // The same request is named the same: a key whose answer was lost on the way is not made twice.
  const sent = useRef({ body: "", again: "" });
  const form = useForm<Values>({
    initialValues: {
      title: "",
      role: "Viewer",
      expires: dayIn(90),
      never: false,
      scopes: [],
      networks: [],
      origins: [],
      nodes: [],
    },
    validate: {
      title: (title) => (title.trim() ? null : c("required")),
      expires: (expires, { never }) =>
        never ? null : !expires ? c("required") : Date.parse(endOf(expires)) > Date.now() ? null : t("past"),
    },
  });
  return (
    <FormDialog
      title={t("create")}
      form={form}
      act={t("create")}
      size="lg"
      fieldText={(field, error) => {
        if (field === "expires") {
          const days = /at most (\d+) days/.exec(problemOf(error).body.expected ?? "")?.[1];
          return days ? t("wrong.expires", { days: Number(days) }) : t("past");
        }
        return field === "scopes" || field === "networks" || field === "origins" || field === "nodes"
          ? t(`wrong.${field}`)
          : undefined;
      }}
      onClose={onClose}
      send={async ({ title, role, expires, never, scopes, networks, origins, nodes }) => {
        const body = {
          title: title.trim(),
          ...(workspace && { role }),
          expires: never ? null : endOf(expires),
          ...(scopes.length > 0 && { scopes }),
          ...(networks.length > 0 && { networks }),
          ...(origins.length > 0 && { origins }),
          ...(nodes.length > 0 && { nodes: nodes.map(Number) }),
        };
        const text = JSON.stringify(body);
        if (sent.current.body !== text) {
          sent.current = { body: text, again: again() };
        }
        onMade(await keys.make(body, sent.current.again));
        await keys.changed();
      }}
    >
      <TextInput
        label={t("name")}
        description={t("nameText")}
        withAsterisk
        required
        maxLength={99}
        autoComplete="off"
        data-autofocus
        {...form.getInputProps("title")}
      />
      {workspace && (
        <Select
          label={t("role")}
          description={t("roleText")}
          withAsterisk
          required
          allowDeselect={false}
          data={(["Editor", "Viewer"] as const).map((value) => ({ value, label: roleName(value) }))}
          {...form.getInputProps("role")}
        />
      )}
      <Group align="flex-start" gap="sm">
        <TextInput
          type="date"
          flex="1 1 14rem"
          label={t("expires")}
          description={t("expiresText")}
          withAsterisk
          required={!form.values.never}
          disabled={form.values.never}
          min={dayIn(0)}
          {...form.getInputProps("expires")}
        />
        <Group gap={4} mt={{ base: 0, xs: 46 }}>
          {[30, 90, 180].map((days) => (
            <Button
              key={days}
              size="compact-sm"
              variant="default"
              disabled={form.values.never}
              onClick={() => form.setFieldValue("expires", dayIn(days))}
            >
              {t("days", { days })}
            </Button>
          ))}
        </Group>
      </Group>
      <Checkbox
        label={t("never")}
        description={t("neverText")}
        {...form.getInputProps("never", { type: "checkbox" })}
      />
      <KeyLimits form={form} workspace={workspace} role={workspace && form.values.role} />
    </FormDialog>
  );
}

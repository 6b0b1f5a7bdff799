import { Alert, Button, Checkbox, Group, Modal, SegmentedControl, Select, Stack, Text, TextInput } from "@mantine/core";
import { type UseFormReturnType, useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { problemOf } from "~/api/problem";
import { useWorkspace } from "~/pages/workspace/workspace";
import { useTell } from "~/shell/notices";
import { useRoleName } from "~/text/words";
import { useClasses, useClassName } from "./classes";
import { Differences } from "./Differences";
import { PrincipalPicker } from "./PrincipalPicker";
import { usePermissionNames } from "./permissions";
import { RuleProblem } from "./RuleProblem";
import { type RuleDraft, type Trial, useRuleCalls } from "./ruleCalls";

type Props = {
  node: { num: number; name: string; class: string };
  /** The rule that is put another in the place of; a new one when absent. */
  rule?: Schemas["Rule"];
  onClose: () => void;
};

type Values = {
  effect: "allow" | "deny";
  principal: number | null;
  kind: "role" | "permission" | "scope" | "everything";
  role: string | null;
  permission: string | null;
  scope: string | null;
  class: string | null;
  propagate: boolean;
  expires: string;
};

/** RuleForm makes a rule, or puts another in the place of one: what it would do is shown before it is done. */
export function RuleForm({ node, rule, onClose }: Props) {
  const t = useTranslations("explain");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const calls = useRuleCalls();
  const tell = useTell();
  const [trial, setTrial] = useState<{ draft: RuleDraft; trial: Trial }>();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const form = useForm<Values>({
    initialValues: valuesOf(rule),
    validate: {
      principal: (v) => (v === null ? c("required") : null),
      role: (v, all) => (all.kind === "role" && !v ? c("required") : null),
      permission: (v, all) => (all.kind === "permission" && !v ? c("required") : null),
      scope: (v, all) => (all.kind === "scope" && !v ? c("required") : null),
    },
    onValuesChange: () => setTrial(undefined), // it was about something else
  });

  async function submit(values: Values) {
    setBusy(true);
    setFailure(undefined);
    try {
      const draft = draftOf(values);
      if (!trial) {
        setTrial({
          draft,
          trial: rule ? await calls.replace(node.num, rule.id, draft, true) : await calls.tryAdd(node.num, draft),
        });
        setBusy(false);
        return;
      }
      await (rule ? calls.replace(node.num, rule.id, trial.draft, false) : calls.add(node.num, trial.draft));
      tell.done(c("saved"));
      onClose();
    } catch (error) {
      const { field } = problemOf(error).body;
      if (field === "expires" || field === "principal") {
        form.setFieldError(field, t(`form.${field}Wrong`));
      } else {
        setFailure(error);
      }
      setBusy(false);
    }
  }

  return (
    <Modal
      opened
      size="lg"
      onClose={busy ? () => undefined : onClose}
      title={t(rule ? "form.edit" : "form.add", { node: node.name })}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <form noValidate onSubmit={form.onSubmit((values) => void submit(values))}>
        <Stack>
          <SegmentedControl
            aria-label={t("form.effect")}
            data={[
              { value: "allow", label: t("effect.allow") },
              { value: "deny", label: t("effect.deny") },
            ]}
            {...form.getInputProps("effect")}
          />
          {form.values.effect === "deny" && (
            <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />}>
              {t("form.denyText")}
            </Alert>
          )}
          <PrincipalPicker
            workspace={workspace.id}
            label={t("form.who")}
            required
            special
            value={form.values.principal}
            onChange={(num) => form.setFieldValue("principal", num)}
            error={form.errors.principal}
          />
          <WhatFields form={form} of={node.class} />
          <Checkbox
            label={t("form.propagate")}
            description={t("form.propagateText")}
            {...form.getInputProps("propagate", { type: "checkbox" })}
          />
          <ClassField form={form} />
          <TextInput
            type="date"
            label={t("form.expires")}
            description={t("form.expiresText")}
            {...form.getInputProps("expires")}
          />
          {trial && <Differences trial={trial.trial} />}
          <RuleProblem error={failure} />
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose} disabled={busy}>
              {c("cancel")}
            </Button>
            <Button type="submit" loading={busy}>
              {trial ? t(rule ? "form.save" : "form.make") : t("form.try")}
            </Button>
          </Group>
          {!trial && (
            <Text size="xs" c="dimmed" ta="right">
              {t("form.tryText")}
            </Text>
          )}
        </Stack>
      </form>
    </Modal>
  );
}

type Form = Pick<UseFormReturnType<Values>, "values" | "getInputProps">;

/** WhatFields say what is allowed or denied: a role, all of a scope, a permission, or everything. */
function WhatFields({ form, of }: { form: Form; of: string }) {
  const t = useTranslations("explain");
  const names = usePermissionNames();
  const roleName = useRoleName();
  const classes = useClasses();
  const { data: roles } = $api.useQuery("get", "/roles", { params: { query: { limit: 200 } } });
  const scopes = scopesFor(classes, of);
  return (
    <>
      <Select
        label={t("form.what")}
        allowDeselect={false}
        data={(["permission", "scope", "role", "everything"] as const).map((value) => ({
          value,
          label: t(`form.kind.${value}`),
        }))}
        {...form.getInputProps("kind")}
      />
      {form.values.kind === "role" && (
        <Select
          label={t("form.role")}
          withAsterisk
          searchable
          data={(roles?.items ?? []).map((r) => ({ value: r.name, label: roleName(r.name) }))}
          {...form.getInputProps("role")}
        />
      )}
      {form.values.kind === "scope" && (
        <Select
          label={t("form.scope")}
          withAsterisk
          searchable
          data={scopes.map((s) => ({ value: s.name, label: names.scope(s.name) }))}
          {...form.getInputProps("scope")}
        />
      )}
      {form.values.kind === "permission" && (
        <Select
          label={t("form.permission")}
          withAsterisk
          searchable
          data={scopes.map((s) => ({
            group: names.scope(s.name),
            items: s.permissions.map((p) => ({ value: p, label: names.full(p) })),
          }))}
          {...form.getInputProps("permission")}
        />
      )}
    </>
  );
}

/** ClassField has a rule be about nodes of one class alone. */
function ClassField({ form }: { form: Form }) {
  const t = useTranslations("explain");
  const classes = useClasses();
  const className = useClassName();
  return (
    <Select
      label={t("form.class")}
      placeholder={t("form.classAll")}
      clearable
      clearButtonProps={{ "aria-label": t("clear") }}
      searchable
      data={classes.map((c) => ({ value: c.name, label: className(c.name) }))}
      {...form.getInputProps("class")}
    />
  );
}

/** What can be permitted on nodes of a class and, where others can lie in it, on those. */
function scopesFor(classes: readonly Schemas["ResourceClass"][], of: string) {
  const container = of === "workspace" || of === "resource_group";
  const chosen = classes.filter((c) => container || c.name === of || c.parents.includes(of));
  const scopes = new Map<string, string[]>();
  for (const s of chosen.flatMap((c) => c.scopes)) {
    scopes.set(
      s.name,
      s.permissions.map((p) => p.name),
    );
  }
  return [...scopes].map(([name, permissions]) => ({ name, permissions }));
}

function valuesOf(rule: Schemas["Rule"] | undefined): Values {
  const kind = rule?.role ? "role" : rule?.permission ? "permission" : rule?.scope ? "scope" : "everything";
  return {
    effect: rule?.effect ?? "allow",
    principal: rule?.principal ?? null,
    kind: rule ? kind : "permission",
    role: rule?.role ?? null,
    permission: rule?.scope && rule.permission ? `${rule.scope}.${rule.permission}` : null,
    scope: rule?.scope ?? null,
    class: rule?.class ?? null,
    propagate: rule?.propagate ?? true,
    expires: rule?.expires?.slice(0, 10) ?? "",
  };
}

function draftOf(v: Values): RuleDraft {
  const [scope, permission] = v.permission?.split(".") ?? [];
  return {
    effect: v.effect,
    principal: v.principal ?? 0,
    propagate: v.propagate,
    class: v.class ?? undefined,
    expires: v.expires || undefined,
    ...(v.kind === "role" && { role: v.role ?? undefined }),
    ...(v.kind === "scope" && { scope: v.scope ?? undefined }),
    ...(v.kind === "permission" && { scope, permission }),
  };
}

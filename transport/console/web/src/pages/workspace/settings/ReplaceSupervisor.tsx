import { Alert, List, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { useUser } from "~/session/SessionProvider";
import { useTell } from "~/shell/notices";
import { fullName } from "~/text/person";
import type { Workspace } from "../workspace";
import { MemberPicker } from "./MemberPicker";

/** ReplaceSupervisor has another member hold everything in a workspace, and says what becomes of who did until now. */
export function ReplaceSupervisor({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const t = useTranslations("settings");
  const c = useTranslations("common");
  const me = useUser();
  const changed = useChanged();
  const tell = useTell();
  const [name, setName] = useState("");
  const form = useForm<{ supervisor: string | null }>({
    initialValues: { supervisor: null },
    validate: { supervisor: (v) => (v ? null : c("required")) },
  });
  const former = fullName(workspace.supervisor);
  return (
    <FormDialog
      title={t("supervisor.replace", { name: former })}
      form={form}
      act={t("supervisor.act")}
      onClose={onClose}
      send={async ({ supervisor }) => {
        await api.PATCH("/workspaces/{workspace}", {
          params: { path: { workspace: workspace.id } },
          body: { supervisor: supervisor ?? undefined },
        });
        await changed(
          "/workspaces/{workspace}",
          "/workspaces/{workspace}/members",
          "/me/workspaces",
          "/workspaces",
          "/check",
        );
        tell.done(t("supervisor.done", { name }));
      }}
    >
      <MemberPicker
        label={t("supervisor.new")}
        description={t("supervisor.newText")}
        value={form.values.supervisor}
        error={form.errors.supervisor}
        onChange={(id, member) => {
          form.setFieldValue("supervisor", id);
          setName(member?.name ?? "");
        }}
      />
      <div>
        <Text size="sm" fw={600}>
          {t("supervisor.consequences")}
        </Text>
        <List size="sm">
          <List.Item>{t("supervisor.gains", { name: name || t("supervisor.whoever") })}</List.Item>
          <List.Item>{t("supervisor.loses", { name: former })}</List.Item>
        </List>
      </div>
      {me.id === workspace.supervisor.id && (
        <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />}>
          {t("supervisor.self")}
        </Alert>
      )}
    </FormDialog>
  );
}

import { Checkbox, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import { FormDialog } from "~/dialog/FormDialog";
import { PrincipalPicker } from "~/explain/PrincipalPicker";
import { useTell } from "~/shell/notices";
import { useProblemText } from "~/text/problem";
import { useWorkspace } from "../workspace";
import type { NodeDialogProps } from "./NodeActions";

/** TransferDialog gives a resource to another owner, with what the same one owns below it where that is wanted. */
export function TransferDialog({ node, told, onClose }: NodeDialogProps) {
  const t = useTranslations("resources");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const problemText = useProblemText();
  const tell = useTell();
  const form = useForm({
    initialValues: { to: null as number | null, below: node.children },
    validate: { to: (v) => (v === null ? c("required") : null) },
  });
  const { to, below } = form.values;
  const call = (dryRun: boolean) =>
    done(
      api.POST("/resources/{resource}/transfer", {
        params: { path: { resource: node.num }, query: { dry_run: dryRun } },
        body: { to: to ?? 0, below },
      }),
    );
  const trial = useQuery({
    queryKey: ["trial", "transfer", node.num, to, below],
    enabled: to !== null,
    staleTime: 0,
    gcTime: 0,
    queryFn: () => call(true),
  });
  return (
    <FormDialog
      title={t("transferTitle", { name: node.display_name })}
      form={form}
      act={t("transferAct")}
      onClose={onClose}
      send={async () => {
        const { transferred } = await call(false);
        tell.done(t("transferred", { count: transferred }));
        await told([node.parent, node.num]);
      }}
    >
      <PrincipalPicker
        workspace={workspace.id}
        label={t("transferTo")}
        description={t("transferText")}
        required
        offered={(p) => p.kind === "user" && p.num !== node.owner}
        value={to}
        onChange={(num) => form.setFieldValue("to", num)}
        error={form.errors.to}
      />
      <Checkbox
        label={t("transferBelow")}
        disabled={!node.children}
        {...form.getInputProps("below", { type: "checkbox" })}
      />
      <Text size="sm" role="status" mih={22} c={trial.error ? "var(--mantine-color-error)" : undefined}>
        {trial.error ? problemText(trial.error) : trial.data && t("transferTrial", { count: trial.data.transferred })}
      </Text>
    </FormDialog>
  );
}

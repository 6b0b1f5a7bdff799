import { Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import { HeirPicker } from "~/departure/HeirPicker";
import { ofMembers } from "~/departure/members";
import { FormDialog } from "~/dialog/FormDialog";
import { useTell } from "~/shell/notices";
import { useProblemText } from "~/text/problem";
import { useWorkspace } from "../workspace";
import type { Member } from "./Members";

/** TransferHoldings has somebody else own all that a member owns, who stays. */
export function TransferHoldings({ of: member, onClose }: { of: Member; onClose: () => void }) {
  const t = useTranslations("members");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const changed = useChanged();
  const tell = useTell();
  const problemText = useProblemText();
  const form = useForm({
    initialValues: { to: null as number | null },
    validate: { to: (to) => (to === null ? c("required") : null) },
  });
  const { to } = form.values;
  const call = (dryRun: boolean) =>
    done(
      api.POST("/workspaces/{workspace}/members/{principal}/holdings/transfer", {
        params: {
          path: { workspace: workspace.id, principal: member.principal },
          query: { dry_run: dryRun || undefined },
        },
        body: { to: to ?? 0 },
      }),
    );
  const trial = useQuery({
    queryKey: ["trial", "", "holdings", workspace.id, member.principal, to],
    enabled: to !== null,
    staleTime: 0,
    gcTime: 0,
    retry: false,
    queryFn: () => call(true),
  });
  return (
    <FormDialog
      title={t("transferOf", { name: member.name })}
      form={form}
      act={t("transferAct")}
      onClose={onClose}
      send={async () => {
        const { transferred } = await call(false);
        await changed(...ofMembers, "/resources", "/resources/{resource}");
        tell.done(t("transferred", { count: transferred }));
      }}
    >
      <Text size="sm">{t("transferText", { name: member.name })}</Text>
      <HeirPicker
        workspace={workspace.id}
        principal={member.principal}
        value={to}
        error={form.errors.to}
        onChange={(heir) => form.setFieldValue("to", heir)}
      />
      <Text size="sm" role="status" mih={22} c={trial.error ? "var(--mantine-color-error)" : undefined}>
        {trial.error ? problemText(trial.error) : trial.data && t("transferTrial", { count: trial.data.transferred })}
      </Text>
    </FormDialog>
  );
}

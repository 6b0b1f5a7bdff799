import { Button, Group, Modal, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { useWorkspace } from "~/pages/workspace/workspace";
import { useTell } from "~/shell/notices";
import { Differences } from "./Differences";
import { usePrincipals } from "./principals";
import { RuleProblem } from "./RuleProblem";
import { useRuleCalls } from "./ruleCalls";
import { useRuleText } from "./ruleText";

/** RuleRemoval takes a rule away, once it was shown what that does. */
export function RuleRemoval({ rule, onClose }: { rule: Schemas["Rule"]; onClose: () => void }) {
  const t = useTranslations("explain");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const calls = useRuleCalls();
  const tell = useTell();
  const text = useRuleText();
  const nameOf = usePrincipals(
    workspace.id,
    useMemo(() => [rule.principal], [rule.principal]),
  );
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const trial = useQuery({
    queryKey: ["trial", "rule", rule.id],
    queryFn: () => calls.tryRemove(rule.node, rule.id),
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <Modal
      opened
      onClose={busy ? () => undefined : onClose}
      title={t("remove.title")}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <Stack>
        <Text size="sm" style={{ overflowWrap: "anywhere" }}>
          <strong>{nameOf(rule.principal).name}</strong>: {t(`does.${rule.effect}`)} {text.what(rule)} (
          {text.reach(rule)})
        </Text>
        {trial.isPending && <Skeleton height={60} />}
        {trial.data && <Differences trial={trial.data} />}
        <RuleProblem error={failure ?? trial.error ?? undefined} />
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={busy} data-autofocus>
            {c("cancel")}
          </Button>
          <Button
            color="red"
            loading={busy}
            disabled={!trial.data}
            onClick={async () => {
              setBusy(true);
              setFailure(undefined);
              try {
                await calls.remove(rule.node, rule.id);
                tell.done(t("remove.done"));
                onClose();
              } catch (error) {
                setFailure(error);
                setBusy(false);
              }
            }}
          >
            {t("remove.act")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

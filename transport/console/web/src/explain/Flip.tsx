import { Button, Group, List, Stack, Text, Title } from "@mantine/core";
import { IconArrowsExchange } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import { useWorkspace } from "~/pages/workspace/workspace";
import { useTell } from "~/shell/notices";
import { Differences } from "./Differences";
import { type Change, type Explanation, keeperOf, ruleOf } from "./decide";
import { useNodeName } from "./nodes";
import { usePrincipals } from "./principals";
import { RuleProblem } from "./RuleProblem";
import { type Trial, useRuleCalls } from "./ruleCalls";
import { useRuleText } from "./ruleText";

/** Flip is the smallest change that would turn an answer round, and makes it where the reader may. */
export function Flip({ explanation: e }: { explanation: Explanation }) {
  const t = useTranslations("explain");
  const changes = e.flip ?? [];
  const may = useMayChange(e, changes);
  if (changes.length === 0) {
    return (
      <Text size="sm" c="dimmed">
        {t("flip.none")}
      </Text>
    );
  }
  return (
    <Stack gap="xs" component="section">
      <Title order={3} size="h5">
        {t(e.allowed ? "flip.take" : "flip.give")}
      </Title>
      <List size="sm" icon={<IconArrowsExchange size={16} aria-hidden />}>
        {changes.map((change) => (
          <List.Item key={change.text}>
            <ChangeText change={change} kept={keptOf(e, change)} />
          </List.Item>
        ))}
      </List>
      {may && <Apply changes={changes} />}
    </Stack>
  );
}

/** Whether all of some changes are of rules, and ones that the reader may change. */
function useMayChange(e: Explanation, changes: readonly Change[]): boolean {
  const { workspace } = useWorkspace();
  const checks = changes.map((change) => {
    const { kind, rule } = change;
    return (kind === "grant" || kind === "revoke") && rule && !keptOf(e, change)
      ? {
          node: rule.node,
          permission: rule.node === workspace.num ? "workspace.manage_rules" : "resource.change_permissions",
        }
      : undefined;
  });
  const asked = checks.filter((c) => c !== undefined);
  const { data } = useQuery({
    queryKey: ["may", "/check", "changes", asked],
    enabled: asked.length > 0 && asked.length === checks.length,
    queryFn: async ({ signal }) => {
      const { allowed } = await done(api.POST("/check", { body: { checks: asked }, signal }));
      return [allowed].flat().every(Boolean);
    },
  });
  return data === true && asked.length > 0 && asked.length === checks.length;
}

/** What a rule that would go is kept for, in place of which that has to be changed. */
function keptOf(e: Explanation, { rule }: Change) {
  const told = ruleOf(e, rule?.id);
  return told && keeperOf(told);
}

function ChangeText({ change, kept }: { change: Change; kept: ReturnType<typeof keptOf> }) {
  const t = useTranslations("explain");
  const { workspace } = useWorkspace();
  const text = useRuleText();
  const { kind, rule } = change;
  const who = rule?.principal ?? change.principal ?? 0;
  const nameOf = usePrincipals(
    workspace.id,
    useMemo(() => [who, change.group], [who, change.group]),
  );
  const on = rule?.node ?? change.node;
  const read = useNodeName(on === workspace.num ? undefined : on);
  const node = on === workspace.num ? workspace.name : read;
  const name = nameOf(who).name;
  switch (kind) {
    case "grant":
      return t(rule?.effect === "deny" ? "change.deny" : "change.grant", {
        name,
        what: rule ? text.what(rule) : "",
        node,
      });
    case "revoke":
      return (
        <>
          {t(rule?.effect === "deny" ? "change.undeny" : "change.revoke", {
            name,
            what: rule ? text.what(rule) : "",
            node,
          })}
          {kept && (
            <Text size="sm" c="dimmed">
              {t("change.kept", { keeper: t(`keeper.${kept}`) })}
            </Text>
          )}
        </>
      );
    case "join":
    case "part":
      return t(`change.${kind}`, { name, group: nameOf(change.group ?? 0).name });
    case "enable":
    case "disable":
      return t(`change.${kind}`, { name });
    case "own":
    case "seal":
    case "unseal":
    case "move":
    case "delete":
      return t(`change.${kind}`, { node });
  }
}

/** Apply tries the changes, shows what they would do, and makes them. */
function Apply({ changes }: { changes: readonly Change[] }) {
  const t = useTranslations("explain");
  const c = useTranslations("common");
  const calls = useRuleCalls();
  const tell = useTell();
  const [trial, setTrial] = useState<Trial>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();

  async function attempt(act: () => Promise<void>) {
    setBusy(true);
    setFailure(undefined);
    try {
      await act();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  }

  const preview = () =>
    attempt(async () => {
      const trials: Trial[] = [];
      for (const { rule } of changes) {
        if (rule) {
          trials.push(rule.id ? await calls.tryRemove(rule.node, rule.id) : await calls.tryAdd(rule.node, made(rule)));
        }
      }
      setTrial({
        differences: trials.flatMap((x) => x.differences),
        more: trials.some((x) => x.more),
        unknown: trials.flatMap((x) => x.unknown),
      });
    });
  const apply = () =>
    attempt(async () => {
      for (const { rule } of changes) {
        if (rule) {
          await (rule.id ? calls.remove(rule.node, rule.id) : calls.add(rule.node, made(rule)));
        }
      }
      tell.done(t("flip.done"));
    });

  return (
    <Stack gap="xs">
      {trial && <Differences trial={trial} />}
      <RuleProblem error={failure} />
      <Group justify="flex-end">
        {trial ? (
          <>
            <Button variant="default" onClick={() => setTrial(undefined)} disabled={busy}>
              {c("cancel")}
            </Button>
            <Button onClick={() => void apply()} loading={busy}>
              {t("flip.apply")}
            </Button>
          </>
        ) : (
          <Button variant="light" onClick={() => void preview()} loading={busy}>
            {t("flip.try")}
          </Button>
        )}
      </Group>
    </Stack>
  );
}

/** The rule that a change makes, as the API takes it. */
function made({ effect, principal, role, scope, permission, propagate }: NonNullable<Change["rule"]>) {
  return { effect, principal, role, scope, permission, propagate };
}

import { Badge, Group, Text } from "@mantine/core";
import { IconCheck, IconCircleDot, IconCrown, IconLock, IconPoint, IconX } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useWorkspace } from "~/pages/workspace/workspace";
import { useClassName } from "./classes";
import { deciding, type Explanation, type Rule, type Step, weigh } from "./decide";
import classes from "./explain.module.css";
import { useNodeName } from "./nodes";
import { usePrincipals } from "./principals";
import { useRuleText } from "./ruleText";

/** PathView is the way from the root to a node, with what speaks of a question at each place. */
export function PathView({ explanation: e }: { explanation: Explanation }) {
  const t = useTranslations("explain");
  return (
    <ol className={classes.path} aria-label={t("path")}>
      {e.path.map((step) => (
        <StepView key={step.node} explanation={e} step={step} />
      ))}
    </ol>
  );
}

function StepView({ explanation: e, step }: { explanation: Explanation; step: Step }) {
  const t = useTranslations("explain");
  const className = useClassName();
  const decides = deciding(e, step);
  return (
    <li className={classes.step} data-decides={decides ? (e.allowed ? "allow" : "refuse") : undefined}>
      <span className={classes.mark}>
        <Mark explanation={e} step={step} decides={decides} />
      </span>
      <Group gap="xs" mih={24}>
        <Text fw={decides ? 700 : 500} size="sm" style={{ overflowWrap: "anywhere" }}>
          <StepName step={step} />
        </Text>
        {!above(step) && (
          <Text size="xs" c="dimmed">
            {className(step.class)}
          </Text>
        )}
        {decides && (
          <Badge size="sm" color={e.allowed ? "teal.9" : "red.9"} variant="filled">
            {t("decides")}
          </Badge>
        )}
      </Group>
      {step.sovereign && <Text size="sm">{t("sovereign")}</Text>}
      {step.sealed && <Text size="sm">{t("sealed")}</Text>}
      {step.rules.length > 0 && (
        <ul className={classes.rules}>
          {step.rules.map((rule) => (
            <RuleView key={rule.id} explanation={e} rule={rule} />
          ))}
        </ul>
      )}
      {step.node === e.node && e.cause === "default" && (
        <Text size="sm" c="dimmed">
          {t("nothing")}
        </Text>
      )}
    </li>
  );
}

function Mark({ explanation: e, step, decides }: { explanation: Explanation; step: Step; decides: boolean }) {
  if (step.sovereign) {
    return <IconCrown size={14} aria-hidden />;
  }
  if (step.sealed) {
    return <IconLock size={14} aria-hidden />;
  }
  if (decides) {
    return e.allowed ? <IconCheck size={14} aria-hidden /> : <IconX size={14} aria-hidden />;
  }
  return step.rules.length > 0 ? <IconCircleDot size={14} aria-hidden /> : <IconPoint size={14} aria-hidden />;
}

/** Whether a step is above workspaces, where its class says which it is. */
function above(step: Step): boolean {
  return (step.class === "platform" || step.class === "organization") && !step.name;
}

/** StepName is what the node is called, as far as the reader may see it. */
function StepName({ step }: { step: Step }) {
  const { workspace } = useWorkspace();
  const className = useClassName();
  const known = step.name ?? (step.node === workspace.num ? workspace.name : undefined);
  const read = useNodeName(known || above(step) ? undefined : step.node);
  return <bdi>{known ?? (above(step) ? className(step.class) : read)}</bdi>;
}

function RuleView({ explanation: e, rule }: { explanation: Explanation; rule: Rule }) {
  const t = useTranslations("explain");
  const { workspace } = useWorkspace();
  const text = useRuleText();
  const nameOf = usePrincipals(
    workspace.id,
    useMemo(() => [rule.principal], [rule.principal]),
  );
  const weight = weigh(e, rule);
  const through = rule.principal === e.principal ? undefined : nameOf(rule.principal).name;
  return (
    <li className={classes.rule} data-weight={weight} data-effect={rule.effect}>
      <Text size="sm">
        <strong>{t(`does.${rule.effect}`)}</strong> {text.what(rule)}
        {through && <> · {t("through", { name: through })}</>}
      </Text>
      <Text size="xs" c="dimmed">
        {text.reach(rule)} · {text.keeper(rule)}
        {weight === "outdone" && ` · ${t("outdone")}`}
      </Text>
    </li>
  );
}

import { List, Skeleton, Stack, Text } from "@mantine/core";
import { type ReactNode, useId } from "react";
import { useTranslations } from "use-intl";
import { usePrincipals } from "~/explain/principals";
import { useRoleNames } from "~/text/words";
import { FateList } from "./FateList";
import { givenOf, outcomeOf, type Plan, topmost } from "./plan";

type Props = {
  plan: Plan;
  /** It is said what becomes of what is owned: then the plan says so too. */
  decided: boolean;
  /** What a workspace is called. */
  workspaceName: (id: string) => string;
  /** What goes or stays besides, whoever it is. */
  goes?: readonly ReactNode[];
  stays?: readonly ReactNode[];
};

/** PlanView is what a departure does, as the server foresees it: what goes, and what stays and with whom. */
export function PlanView({ plan, decided, workspaceName, goes = [], stays = [] }: Props) {
  const t = useTranslations("members");
  const roleNames = useRoleNames();
  const { deleted, transferred, left } = decided ? outcomeOf(plan.holdings) : outcomeOf([]);
  const given = givenOf(plan.rules);
  const top = topmost(deleted);
  return (
    <Stack gap="sm">
      <Part title={t("departure.goes")}>
        {goes}
        {plan.memberships.map((m) => (
          <List.Item key={`${m.workspace} ${m.principal}`}>
            {t("departure.membership", { workspace: workspaceName(m.workspace), roles: roleNames(m.roles) })}
          </List.Item>
        ))}
        {plan.groups.length > 0 && (
          <List.Item>
            {t("departure.groups", { count: plan.groups.length, names: plan.groups.map((g) => g.name).join(", ") })}
          </List.Item>
        )}
        {given.length > 0 && <List.Item>{t("departure.rules", { count: given.length })}</List.Item>}
        {deleted.length > 0 && (
          <List.Item>
            <strong>{t("departure.deleted", { count: deleted.length })}</strong>
            <FateList fates={top} />
          </List.Item>
        )}
      </Part>
      {(stays.length > 0 || transferred.length > 0 || left.length > 0) && (
        <Part title={t("departure.stays")}>
          {transferred.map(({ to, fates }) => (
            <List.Item key={to}>
              <Transferred to={to} workspace={fates[0]?.workspace ?? ""} count={fates.length} />
              <FateList fates={fates} />
            </List.Item>
          ))}
          {left.length > 0 && (
            <List.Item>
              {t("departure.left", { count: left.length })}
              <FateList fates={left} />
            </List.Item>
          )}
          {stays}
        </Part>
      )}
    </Stack>
  );
}

function Transferred({ to, workspace, count }: { to: number; workspace: string; count: number }) {
  const t = useTranslations("members");
  const who = usePrincipals(workspace, [to])(to);
  return t("departure.transferred", { count, name: who.name });
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  const id = useId();
  return (
    <section aria-labelledby={id}>
      <Text size="sm" fw={600} id={id}>
        {title}
      </Text>
      <List size="sm" style={{ overflowWrap: "anywhere" }}>
        {children}
      </List>
    </section>
  );
}

/** PlanWaiting takes the room of a plan until it is there. */
export function PlanWaiting() {
  const t = useTranslations("members");
  return (
    <Stack gap="sm" role="status" aria-label={t("departure.looking")}>
      <Text size="sm" c="dimmed">
        {t("departure.looking")}
      </Text>
      <Skeleton height={44} />
      <Skeleton height={88} />
    </Stack>
  );
}

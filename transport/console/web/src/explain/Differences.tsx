import { Alert, List, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconMinus, IconPlus } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useWorkspace } from "~/pages/workspace/workspace";
import { useUser } from "~/session/SessionProvider";
import classes from "./explain.module.css";
import { gathered } from "./gathered";
import { NodeName } from "./NodeName";
import { usePermissionNames } from "./permissions";
import { usePrincipals } from "./principals";
import type { Trial } from "./ruleCalls";

/** How many nodes are named before the rest is counted. */
const named = 3;

/** Differences says who would gain and lose what, before it is done. */
export function Differences({ trial }: { trial: Trial }) {
  const t = useTranslations("explain");
  const { workspace } = useWorkspace();
  const user = useUser();
  const names = usePermissionNames();
  const people = useMemo(() => gathered(trial.differences), [trial]);
  const nameOf = usePrincipals(
    workspace.id,
    useMemo(() => people.map((p) => p.principal), [people]),
  );
  const own = people.find((p) => p.principal === user.num);
  const locksOut = own?.taken.some((c) => c.permissions.includes("resource.change_permissions"));
  return (
    <Stack gap="xs" role="status">
      <Text size="sm" fw={600}>
        {people.length === 0 ? t("differences.none") : t("differences.title", { count: people.length })}
      </Text>
      {locksOut && (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />}>
          {t("differences.yourself")}
        </Alert>
      )}
      {people.length > 0 && (
        <ul className={classes.people}>
          {people.map((p) => (
            <li key={p.principal}>
              <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
                {nameOf(p.principal).name}
              </Text>
              <List size="sm" listStyleType="none" spacing={2}>
                {[...p.given.map((c) => ["gains", c] as const), ...p.taken.map((c) => ["loses", c] as const)].map(
                  ([way, c]) => (
                    <List.Item
                      key={`${way} ${c.permissions.join()}`}
                      icon={
                        way === "gains" ? (
                          <IconPlus size={16} className={classes.gain} aria-hidden />
                        ) : (
                          <IconMinus size={16} className={classes.loss} aria-hidden />
                        )
                      }
                    >
                      {t(`differences.${way}`, { what: c.permissions.map(names.full).join(", ") })}{" "}
                      <Text span size="sm" c="dimmed">
                        {c.nodes.slice(0, named).map((n, i) => (
                          <span key={n}>
                            {i > 0 && ", "}
                            <NodeName num={n} />
                          </span>
                        ))}
                        {c.nodes.length > named && ` ${t("differences.more", { count: c.nodes.length - named })}`}
                      </Text>
                    </List.Item>
                  ),
                )}
              </List>
            </li>
          ))}
        </ul>
      )}
      {trial.more && <Text size="sm">{t("differences.cut")}</Text>}
      {trial.unknown.length > 0 && <Text size="sm">{t("differences.unknown", { count: trial.unknown.length })}</Text>}
    </Stack>
  );
}

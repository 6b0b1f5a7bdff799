import { Alert, Anchor, Button, Group, List, Skeleton, Stack } from "@mantine/core";
import { IconPlayerPause, IconPlayerPlay } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { departureOf, undecided } from "~/departure/disposal";
import { usePlan } from "~/departure/usePlan";
import { askOf } from "~/departure/usePlans";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { Time } from "~/text/Time";
import { useRoleNames } from "~/text/words";
import { useWorkspace } from "../workspace";
import type { Member } from "./Members";

type Props = { of: Member; manages: boolean; onSuspend: () => void };

/** MemberFacts is who a member is, and in which groups. */
export function MemberFacts({ of: member, manages, onSuspend }: Props) {
  const t = useTranslations("members");
  const { workspace } = useWorkspace();
  const roleNames = useRoleNames();
  return (
    <Stack>
      {member.suspended && (
        <Alert color="orange" icon={<IconPlayerPause aria-hidden />}>
          {t("suspendedText")}
        </Alert>
      )}
      <Facts
        of={[
          [t("name"), member.name],
          [t("email"), member.email],
          [t("role"), roleNames(member.roles, member.supervisor)],
          [t("state"), member.suspended ? t("suspended") : t("active")],
          [t("since"), <Time key="since" at={member.created} />],
          [
            t("group"),
            member.group && (
              <Anchor
                key="group"
                component={Link}
                to={`/workspaces/${workspace.id}/groups/${member.group.id}`}
                size="sm"
              >
                {t("toGroup")}
              </Anchor>
            ),
          ],
          [t("groups"), manages && member.kind === "user" ? <Groups key="groups" of={member} /> : undefined],
        ]}
      />
      <CopyField label={t("identifier")} value={member.username ?? String(member.principal)} />
      {manages && !member.supervisor && (
        <Group justify="flex-end">
          <Button
            variant="default"
            leftSection={
              member.suspended ? <IconPlayerPlay size={16} aria-hidden /> : <IconPlayerPause size={16} aria-hidden />
            }
            onClick={onSuspend}
          >
            {t(member.suspended ? "resume" : "suspend")}
          </Button>
        </Group>
      )}
    </Stack>
  );
}

/** Groups are those that a member is in: what a departure would take him out of. */
function Groups({ of: member }: { of: Member }) {
  const t = useTranslations("members");
  const { workspace } = useWorkspace();
  const { plan, error } = usePlan([workspace.id, member.principal, departureOf(undecided)], (signal) =>
    askOf(workspace.id, member.principal, {}, true, signal),
  );
  if (!plan) {
    return error ? "–" : <Skeleton height={20} component="span" display="block" />;
  }
  if (plan.groups.length === 0) {
    return t("inNoGroup");
  }
  return (
    <List size="sm" listStyleType="none">
      {plan.groups.map((g) => (
        <List.Item key={g.id}>
          <Anchor component={Link} to={`/workspaces/${workspace.id}/groups/${g.id}`} size="sm">
            {g.name}
          </Anchor>
        </List.Item>
      ))}
    </List>
  );
}

import { Button, Group as Line, SimpleGrid, Skeleton, Text } from "@mantine/core";
import { IconEdit } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import { problemOf } from "~/api/problem";
import { Card } from "~/chart/Card";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { Failure } from "~/shell/Failure";
import { Time } from "~/text/Time";
import { useRoleNames } from "~/text/words";
import { MemberForm } from "../members/MemberForm";
import type { Member } from "../members/Members";
import { useWorkspace } from "../workspace";
import type { Group } from "./group";

/** GroupFacts is what a group is, and what everybody in it is given through it. */
export function GroupFacts({ group, manages }: { group: Group; manages: boolean }) {
  const t = useTranslations("groups");
  return (
    <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg">
      <Role group={group} manages={manages} />
      <Card title={t("about")}>
        <Facts
          of={[
            [t("created"), <Time key="created" at={group.created} />],
            [t("updated"), <Time key="updated" at={group.updated} />],
          ]}
        />
        <CopyField label={t("identifier")} value={group.id} />
      </Card>
    </SimpleGrid>
  );
}

/** Role is what the group is in the workspace: as a member it has a role that all who are in it have. */
function Role({ group, manages }: { group: Group; manages: boolean }) {
  const t = useTranslations("groups");
  const { workspace } = useWorkspace();
  const roleNames = useRoleNames();
  const [giving, setGiving] = useState(false);
  const path = "/workspaces/{workspace}/members/{principal}";
  const { data, error, refetch } = useQuery({
    queryKey: ["member", path, workspace.id, group.num],
    retry: false,
    queryFn: async ({ signal }): Promise<Member | null> => {
      try {
        return await done(
          api.GET(path, { params: { path: { workspace: workspace.id, principal: group.num } }, signal }),
        );
      } catch (failure) {
        if (problemOf(failure).code === "not_found") {
          return null; // nothing is given to it
        }
        throw failure;
      }
    },
  });
  const member = data ?? memberOf(group);
  return (
    <Card title={t("role")}>
      {error && <Failure error={error} retry={() => void refetch()} />}
      {data === undefined && !error && <Skeleton height={72} />}
      {data !== undefined && (
        <>
          <Text size="sm">
            {member.roles.length > 0 ? t("roleOf", { roles: roleNames(member.roles) }) : t("noRole")}
            {member.suspended && ` ${t("suspended")}`}
          </Text>
          {manages && (
            <Line>
              <Button
                variant="default"
                leftSection={<IconEdit size={16} aria-hidden />}
                onClick={() => setGiving(true)}
              >
                {t(member.roles.length > 0 ? "changeRole" : "giveRole")}
              </Button>
            </Line>
          )}
        </>
      )}
      {giving && <MemberForm member={member} onClose={() => setGiving(false)} />}
    </Card>
  );
}

/** memberOf is the member that a group would be. */
function memberOf(group: Group): Member {
  return {
    principal: group.num,
    kind: "group",
    name: group.name,
    group: { id: group.id, num: group.num, name: group.name },
    roles: [],
    rights: [],
    supervisor: false,
    suspended: false,
    created: group.created,
    updated: group.updated,
  };
}

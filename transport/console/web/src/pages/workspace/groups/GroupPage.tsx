import { Anchor, Button, Stack } from "@mantine/core";
import { IconEdit, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Failure } from "~/shell/Failure";
import { Page } from "~/shell/Page";
import { Waiting } from "~/shell/Waiting";
import { useWorkspace } from "../workspace";
import { DeleteGroup } from "./DeleteGroup";
import { GroupFacts } from "./GroupFacts";
import { GroupForm } from "./GroupForm";
import { GroupPeople } from "./GroupPeople";
import type { Group } from "./group";

/** GroupPage is one group: what it is given, and who is in it. */
export default function GroupPage() {
  const t = useTranslations("groups");
  const { workspace } = useWorkspace();
  const { group: id } = useParams({ strict: false }) as { group: string };
  const { data, error, refetch } = $api.useQuery("get", "/groups/{group}", { params: { path: { group: id } } });
  if (error) {
    return (
      <Page title={t("group")} of={workspace.name}>
        <Failure error={error} retry={() => void refetch()} />
        <ToAll />
      </Page>
    );
  }
  return data ? <Shown group={data} /> : <Waiting />;
}

function ToAll() {
  const t = useTranslations("groups");
  const { workspace } = useWorkspace();
  return (
    <Anchor component={Link} to={`/workspaces/${workspace.id}/groups`} size="sm">
      {t("toAll")}
    </Anchor>
  );
}

function Shown({ group }: { group: Group }) {
  const c = useTranslations("common");
  const { workspace, may } = useWorkspace();
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"modify" | "delete">();
  // A group of another workspace has another address, and one of the platform is changed there.
  const manages = group.workspace === workspace.id && may("workspace.manage_members");
  const close = () => setDialog(undefined);
  return (
    <Page
      title={group.name}
      of={workspace.name}
      text={group.description || undefined}
      actions={
        manages && (
          <>
            <Button
              variant="default"
              leftSection={<IconEdit size={16} aria-hidden />}
              onClick={() => setDialog("modify")}
            >
              {c("modify")}
            </Button>
            <Button
              variant="default"
              c="var(--mantine-color-error)"
              leftSection={<IconTrash size={16} aria-hidden />}
              onClick={() => setDialog("delete")}
            >
              {c("delete")}
            </Button>
          </>
        )
      }
    >
      <Stack gap="lg">
        <div>
          <ToAll />
        </div>
        <GroupFacts group={group} manages={manages} />
        <GroupPeople group={group} manages={manages} />
      </Stack>
      {dialog === "modify" && <GroupForm workspace={workspace.id} group={group} onClose={close} />}
      {dialog === "delete" && (
        <DeleteGroup
          of={group}
          onClose={close}
          onGone={() => navigate({ to: `/workspaces/${workspace.id}/groups`, replace: true })}
        />
      )}
    </Page>
  );
}

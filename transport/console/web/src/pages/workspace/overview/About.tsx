import { Anchor, Badge, Group } from "@mantine/core";
import { IconWorld } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { Card } from "~/chart/Card";
import { StateBadge } from "~/chart/StateBadge";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { useMay } from "~/session/may";
import { fullName } from "~/text/person";
import { Time } from "~/text/Time";
import type { Workspace } from "../workspace";

/** About is what a workspace is, with the identifier that programs need, to copy (J-51). */
export function About({ workspace }: { workspace: Workspace }) {
  const t = useTranslations("overview");
  const { organization, supervisor, project } = workspace;
  const sees = useMay(organization?.num, ["organization.read"])("organization.read");
  return (
    <Card
      title={t("about")}
      action={
        <Group gap="xs">
          <StateBadge active={workspace.active}>{workspace.active ? t("active") : t("inactive")}</StateBadge>
          {workspace.public && (
            <Badge
              variant="default"
              tt="none"
              fw={500}
              miw="max-content"
              leftSection={<IconWorld size={14} aria-hidden />}
            >
              {t("public")}
            </Badge>
          )}
        </Group>
      }
    >
      <CopyField label={t("identifier")} value={workspace.id} />
      <Facts
        of={[
          [t("technicalName"), workspace.technical_name],
          [
            t("organization"),
            organization &&
              (sees ? (
                <Anchor key="o" component={Link} to={`/platform/organizations/${organization.id}`} size="sm">
                  {organization.name}
                </Anchor>
              ) : (
                organization.name
              )),
          ],
          [t("supervisor"), `${fullName(supervisor)} (${supervisor.email})`],
          [t("contact"), workspace.contact],
          [t("project"), [project.number, project.constructor, project.status].filter(Boolean).join(" · ")],
          [t("created"), <Time key="created" at={workspace.created} day />],
        ]}
      />
    </Card>
  );
}

import { Anchor, Button, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Card } from "~/chart/Card";
import { FormDialog } from "~/dialog/FormDialog";
import { OrganizationPicker } from "~/pages/platform/organizations/OrganizationPicker";
import { useTell } from "~/shell/notices";
import type { Workspace } from "../workspace";

/** OrganizationCard is who pays for a workspace. */
export function OrganizationCard({ workspace, manages }: { workspace: Workspace; manages: boolean }) {
  const t = useTranslations("settings");
  const [moving, setMoving] = useState(false);
  const { organization } = workspace;
  return (
    <Card
      title={t("organization.title")}
      action={
        manages && (
          <Button size="xs" variant="default" onClick={() => setMoving(true)}>
            {t("organization.open")}
          </Button>
        )
      }
    >
      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
        {!organization ? (
          t("organization.none")
        ) : manages ? (
          <Anchor component={Link} to={`/platform/organizations/${organization.id}`} size="sm">
            {organization.name}
          </Anchor>
        ) : (
          organization.name
        )}
      </Text>
      {moving && <Move workspace={workspace} onClose={() => setMoving(false)} />}
    </Card>
  );
}

function Move({ workspace, onClose }: { workspace: Workspace; onClose: () => void }) {
  const t = useTranslations("settings");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const form = useForm<{ organization: string | null }>({ initialValues: { organization: null } });
  return (
    <FormDialog
      title={t("organization.move")}
      form={form}
      act={t("organization.act")}
      onClose={onClose}
      send={async ({ organization }) => {
        await api.PATCH("/workspaces/{workspace}", {
          params: { path: { workspace: workspace.id } },
          body: { organization },
        });
        await changed("/workspaces/{workspace}", "/workspaces", "/organizations/{organization}/workspaces", "/check");
        tell.done(c("saved"));
      }}
    >
      <Text size="sm">
        {workspace.organization ? t("organization.now", { name: workspace.organization.name }) : t("organization.none")}
      </Text>
      <OrganizationPicker
        label={t("organization.new")}
        description={t("organization.newText")}
        value={form.values.organization}
        error={form.errors.organization}
        onChange={(id) => form.setFieldValue("organization", id)}
      />
      <Text size="sm">{t("organization.text")}</Text>
    </FormDialog>
  );
}

import { Anchor, Button, Tabs } from "@mantine/core";
import { IconTrash } from "@tabler/icons-react";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Failure } from "~/shell/Failure";
import { Page } from "~/shell/Page";
import { Waiting } from "~/shell/Waiting";
import { Administrators } from "./Administrators";
import { DeleteOrganization } from "./DeleteOrganization";
import { Details } from "./Details";
import { MailTemplates } from "./mail/MailTemplates";
import { OrganizationDatabases } from "./OrganizationDatabases";
import { OrganizationWorkspaces } from "./OrganizationWorkspaces";
import { useOrganizationMay } from "./organization";

/** OrganizationPage is one organization: what is known of it, who administers it, and what it has. */
export default function OrganizationPage() {
  const t = useTranslations("organizations");
  const navigate = useNavigate();
  const { organization: id } = useParams({ strict: false }) as { organization: string };
  const search = useSearch({ strict: false }) as { tab?: string };
  const {
    data: organization,
    error,
    refetch,
  } = $api.useQuery("get", "/organizations/{organization}", { params: { path: { organization: id } } });
  const may = useOrganizationMay(organization?.num);
  const [deleting, setDeleting] = useState(false);
  if (error) {
    return (
      <Page title={t("organization")}>
        <Failure error={error} retry={() => void refetch()} />
        <Anchor component={Link} to="/platform/organizations">
          {t("toAll")}
        </Anchor>
      </Page>
    );
  }
  if (!organization) {
    return <Waiting />;
  }
  const tabs = [
    { value: "details", label: t("details"), page: <Details key={organization.updated} {...{ organization, may }} /> },
    { value: "administrators", label: t("administrators"), page: <Administrators {...{ organization, may }} /> },
    { value: "workspaces", label: t("workspaces"), page: <OrganizationWorkspaces {...{ organization, may }} /> },
    { value: "databases", label: t("databases"), page: <OrganizationDatabases {...{ organization, may }} /> },
    ...(may("organization.update")
      ? [{ value: "mail", label: t("mail"), page: <MailTemplates {...{ organization }} /> }]
      : []),
  ];
  const tab = tabs.some((at) => at.value === search.tab) ? search.tab : "details";
  return (
    <Page
      title={organization.name}
      of={t("title")}
      actions={
        may("platform.manage_organizations") && (
          <Button variant="default" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setDeleting(true)}>
            {t("delete")}
          </Button>
        )
      }
    >
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(value) =>
          void navigate({ to: ".", search: (value === "details" ? {} : { tab: value }) as never, replace: true })
        }
      >
        <Tabs.List mb="md">
          {tabs.map((at) => (
            <Tabs.Tab key={at.value} value={at.value}>
              {at.label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        {tabs.map((at) => (
          <Tabs.Panel key={at.value} value={at.value}>
            {at.page}
          </Tabs.Panel>
        ))}
      </Tabs>
      {deleting && (
        <DeleteOrganization
          organization={organization}
          onClose={() => setDeleting(false)}
          deleted={() => navigate({ to: "/platform/organizations", replace: true })}
        />
      )}
    </Page>
  );
}

import { Alert, List, Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { useTell } from "~/shell/notices";
import { type Organization, ofOrganizations } from "./organization";

type Props = { organization: Organization; onClose: () => void; deleted?: () => Promise<void> | void };

/** DeleteOrganization deletes an organization that has no workspaces, and names those that it has. */
export function DeleteOrganization({ organization, onClose, deleted }: Props) {
  const t = useTranslations("organizations");
  const changed = useChanged();
  const tell = useTell();
  const { data } = $api.useQuery("get", "/organizations/{organization}/workspaces", {
    params: { path: { organization: organization.id }, query: { limit: 10, sort: "name" } },
  });
  const workspaces = data?.items ?? [];
  const more = (data?.total ?? workspaces.length) - workspaces.length;
  return (
    <Confirm
      title={t("deleteTitle", { name: organization.name })}
      act={t("delete")}
      name={organization.name}
      goes={[t("goesOrganization", { name: organization.name }), t("goesAdministrators"), t("goesTemplates")]}
      onClose={onClose}
      run={async () => {
        await api.DELETE("/organizations/{organization}", { params: { path: { organization: organization.id } } });
        await deleted?.();
        await changed(...ofOrganizations);
        tell.done(t("deleted", { name: organization.name }));
      }}
    >
      {workspaces.length > 0 ? (
        <Alert color="yellow" title={t("hasWorkspaces")}>
          <List size="sm">
            {workspaces.map((w) => (
              <List.Item key={w.id} style={{ overflowWrap: "anywhere" }}>
                {w.name}
              </List.Item>
            ))}
            {more > 0 && <List.Item>{t("more", { count: more })}</List.Item>}
          </List>
        </Alert>
      ) : (
        <Text size="sm">{t("deleteText")}</Text>
      )}
    </Confirm>
  );
}

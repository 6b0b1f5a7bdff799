import { Anchor, Button } from "@mantine/core";
import { IconExternalLink, IconPlus, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useMay } from "~/session/may";
import { Page } from "~/shell/Page";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { useAmount } from "~/text/amount";
import { Time } from "~/text/Time";
import { DeleteOrganization } from "./DeleteOrganization";
import { OrganizationForm } from "./OrganizationForm";
import type { Organization } from "./organization";

/** Organizations are who pays, and groups workspaces. */
export default function Organizations() {
  const t = useTranslations("organizations");
  const c = useTranslations("common");
  const navigate = useNavigate();
  const manages = useMay(0, ["platform.manage_organizations"])("platform.manage_organizations");
  const [creating, setCreating] = useState(false);
  const [going, setGoing] = useState<Organization>();
  const columns = useColumns();
  const create = manages && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} text={t("text")}>
      <DataTable
        id="organizations"
        label={t("title")}
        path="/organizations"
        columns={columns}
        rowId={(o) => o.id}
        rowName={(o) => o.name}
        searchIn={t("search")}
        sort="name"
        actions={create}
        empty={{ title: t("none"), text: t("noneText"), action: create }}
        rowActions={[
          {
            label: t("open"),
            icon: <IconExternalLink size={16} aria-hidden />,
            run: (o) => void navigate({ to: "/platform/organizations/$organization", params: { organization: o.id } }),
          },
          {
            label: c("delete"),
            icon: <IconTrash size={16} aria-hidden />,
            danger: true,
            hidden: () => !manages,
            run: setGoing,
          },
        ]}
      />
      {creating && <OrganizationForm onClose={() => setCreating(false)} />}
      {going && <DeleteOrganization organization={going} onClose={() => setGoing(undefined)} />}
    </Page>
  );
}

function useColumns(): Column<Organization>[] {
  const t = useTranslations("organizations");
  const amount = useAmount();
  return useMemo(() => {
    const bytes = (n: number | null) => (n === null ? t("noBound") : amount(n, "bytes"));
    return [
      {
        id: "name",
        header: t("name"),
        sort: "name",
        fixed: true,
        cell: (o) => (
          <Anchor component={Link} to={`/platform/organizations/${o.id}`} size="sm">
            {o.name}
          </Anchor>
        ),
        text: (o) => o.name,
      },
      { id: "siret", header: t("siret"), cell: (o) => o.siret || "–", text: (o) => o.siret },
      { id: "contact", header: t("contact"), cell: (o) => o.contact || "–", text: (o) => o.contact },
      { id: "model", header: t("model"), hidden: true, cell: (o) => o.economic_model, text: (o) => o.economic_model },
      { id: "network", header: t("network"), hidden: true, cell: (o) => o.network, text: (o) => o.network },
      {
        id: "databases",
        header: t("databasesQuota"),
        align: "right",
        cell: (o) => bytes(o.databases_quota),
        text: (o) => o.databases_quota,
      },
      {
        id: "uploads",
        header: t("uploadsQuota"),
        align: "right",
        hidden: true,
        cell: (o) => bytes(o.uploads_quota),
        text: (o) => o.uploads_quota,
      },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        filter: { kind: "days", from: "created_from", before: "created_before" },
        cell: (o) => <Time at={o.created} day />,
        text: (o) => o.created,
      },
    ];
  }, [t, amount]);
}

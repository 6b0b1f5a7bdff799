import { Anchor, Badge, Button, Group } from "@mantine/core";
import { IconEdit, IconInfoCircle, IconPlus, IconTrash } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { isBuiltin, useKindName, usePoolName } from "~/quota/names";
import { useMay } from "~/session/may";
import { Page } from "~/shell/Page";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import en from "~/text/en/pools.json";
import { Time } from "~/text/Time";
import { DeletePool } from "./DeletePool";
import { Fill } from "./Fill";
import { PoolForm } from "./PoolForm";

export type Pool = Schemas["Pool"];
type Opened = { dialog: "create" } | { dialog: "modify" | "delete"; pool: Pool };

/** Pools are the facilities of the platform that workspaces get shares of. */
export default function Pools() {
  const t = useTranslations("pools");
  const c = useTranslations("common");
  const s = useTranslations("shell");
  const poolName = usePoolName();
  const navigate = useNavigate();
  const manages = useMay(0, ["platform.manage_pools"])("platform.manage_pools");
  const [opened, setOpened] = useState<Opened>();
  const columns = useColumns();
  const close = () => setOpened(undefined);
  const create = manages && (
    <Button leftSection={<IconPlus size={16} aria-hidden />} onClick={() => setOpened({ dialog: "create" })}>
      {t("create")}
    </Button>
  );
  return (
    <Page title={s("pools")} of={s("platform")} text={t("text")}>
      <DataTable
        id="pools"
        label={s("pools")}
        path="/pools"
        columns={columns}
        rowId={(p) => p.id}
        rowName={(p) => poolName(p)}
        searchIn={t("search")}
        sort="name"
        actions={create}
        empty={{ title: t("empty"), text: t("emptyText"), action: create }}
        rowActions={[
          {
            label: c("info"),
            icon: <IconInfoCircle size={16} aria-hidden />,
            run: (pool) => void navigate({ to: `/platform/pools/${pool.id}` }),
          },
          {
            label: c("modify"),
            icon: <IconEdit size={16} aria-hidden />,
            hidden: (p) => !manages || isBuiltin(p),
            run: (pool) => setOpened({ dialog: "modify", pool }),
          },
          {
            label: c("delete"),
            icon: <IconTrash size={16} aria-hidden />,
            danger: true,
            hidden: (p) => !manages || isBuiltin(p),
            run: (pool) => setOpened({ dialog: "delete", pool }),
          },
        ]}
      />
      {opened?.dialog === "create" && <PoolForm onClose={close} />}
      {opened?.dialog === "modify" && <PoolForm pool={opened.pool} onClose={close} />}
      {opened?.dialog === "delete" && <DeletePool pool={opened.pool} onClose={close} />}
    </Page>
  );
}

function useColumns(): Column<Pool>[] {
  const t = useTranslations("pools");
  const poolName = usePoolName();
  const kindName = useKindName();
  return useMemo(
    (): Column<Pool>[] => [
      {
        id: "name",
        header: t("name"),
        sort: "name",
        fixed: true,
        cell: (p) => (
          <Anchor component={Link} to={`/platform/pools/${p.id}`} size="sm">
            {poolName(p)}
          </Anchor>
        ),
        text: (p) => poolName(p),
      },
      {
        id: "kind",
        header: t("kind"),
        sort: "kind",
        filter: {
          kind: "choice",
          param: "kind",
          options: Object.keys(en.kinds).map((value) => ({ value, label: kindName(value) })),
        },
        cell: (p) => kindName(p.kind),
        text: (p) => p.kind,
      },
      {
        id: "type",
        header: t("type"),
        sort: "type",
        filter: { kind: "text", param: "type", exact: true },
        cell: (p) => (isBuiltin(p) ? t("platforms") : p.type || "–"),
        text: (p) => p.type,
      },
      { id: "fill", header: t("use"), sort: "used", cell: (p) => <Fill pool={p} />, text: (p) => p.use },
      {
        id: "capacity",
        header: t("capacity"),
        sort: "capacity",
        align: "right",
        hidden: true,
        cell: (p) => p.capacity ?? t("quota.standing.unlimited"),
        text: (p) => p.capacity,
      },
      {
        id: "open",
        header: t("open"),
        filter: { kind: "flag", param: "open", yes: t("isOpen"), no: t("isShared") },
        cell: (p) => (p.open ? t("isOpen") : t("isShared")),
        text: (p) => p.open,
      },
      {
        id: "labels",
        header: t("labels"),
        cell: (p) => (
          <Group gap={4}>
            {p.labels.map((label) => (
              <Badge key={label} variant="default" tt="none">
                {label}
              </Badge>
            ))}
          </Group>
        ),
        text: (p) => p.labels.join(", "),
      },
      {
        id: "technical_name",
        header: t("technicalName"),
        hidden: true,
        cell: (p) => p.technical_name || "–",
        text: (p) => p.technical_name,
      },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        hidden: true,
        cell: (p) => (isBuiltin(p) ? "–" : <Time at={p.created} />),
        text: (p) => p.created,
      },
    ],
    [t, poolName, kindName],
  );
}

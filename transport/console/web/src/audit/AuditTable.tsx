import { Button } from "@mantine/core";
import {
  IconBolt,
  IconBox,
  IconBuildingStore,
  IconInfoCircle,
  IconKey,
  IconRefresh,
  IconShieldCheck,
  IconUser,
  IconWorld,
} from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { DataTable, type RowAction } from "~/table/DataTable";
import { EventInfo } from "./EventInfo";
import { ExportMenu } from "./ExportMenu";
import type { AuditEvent } from "./events";
import { Periods } from "./Periods";
import { isPeriod, sinceOf } from "./period";
import { useAuditColumns } from "./useAuditColumns";
import { useNarrow } from "./useNarrow";
import { Verify } from "./Verify";

/** An audit trail: that of a workspace, or of all there are, the platform's own among them. */
export type Trail = { workspace?: { id: string; name: string } };

/**
 * AuditTable is who did what, when, from where, and what was refused. What is looked for is in the address, so that a
 * link leads to what its sender saw.
 */
export function AuditTable({ workspace }: Trail) {
  const t = useTranslations("audit");
  const c = useTranslations("common");
  const changed = useChanged();
  const { search, narrow } = useNarrow();
  const [opened, setOpened] = useState<AuditEvent>();
  const [verifying, setVerifying] = useState(false);
  // Periods end when the page was asked last: until then, pages of one question belong together.
  const [now, setNow] = useState(Date.now);
  const period = isPeriod(search.last) ? search.last : undefined;
  const platform = !workspace && search.platform === "true";
  const query = useMemo(
    () => ({ since: period && sinceOf(period, now), platform: platform || undefined }),
    [period, platform, now],
  );
  const path = workspace ? "/workspaces/{workspace}/audit" : "/audit";
  const params = useMemo((): Record<string, string> => (workspace ? { workspace: workspace.id } : {}), [workspace]);
  const columns = useAuditColumns({ workspace }, setOpened);
  const refresh = () => {
    setNow(Date.now());
    void changed(path);
  };
  const only = (label: string, Icon: typeof IconUser, of: (e: AuditEvent) => Record<string, string | undefined>) => ({
    label,
    icon: <Icon size={16} aria-hidden />,
    hidden: (e: AuditEvent) => Object.values(of(e)).some((v) => !v),
    run: (e: AuditEvent) => narrow(of(e)),
  });
  const rowActions: RowAction<AuditEvent>[] = [
    { label: c("info"), icon: <IconInfoCircle size={16} aria-hidden />, run: setOpened },
    only(t("only.actor"), IconUser, (e) => ({ principal: e.principal ? String(e.principal) : undefined })),
    only(t("only.event"), IconBolt, (e) => ({ action: e.action })),
    only(t("only.object"), IconBox, (e) => ({ object: e.object.id })),
    only(t("only.address"), IconWorld, (e) => ({ address: e.address })),
    only(t("only.credential"), IconKey, (e) => ({ credential: e.credential })),
    ...(workspace ? [] : [only(t("only.workspace"), IconBuildingStore, (e) => ({ workspace: e.workspace }))]),
  ];
  return (
    <>
      <Periods
        period={period}
        platform={workspace ? undefined : platform}
        onPeriod={(last) => {
          setNow(Date.now());
          narrow({ last, since: undefined, until: undefined });
        }}
        onPlatform={(on) => narrow({ platform: on ? "true" : undefined, workspace: undefined })}
      />
      <DataTable
        id={workspace ? "audit" : "audit-platform"}
        label={t("title")}
        path={path}
        params={params}
        query={query}
        columns={columns}
        rowId={(e) => e.id}
        rowName={(e) => `${e.action} ${e.num}`}
        searchIn={t("search")}
        sort="-created"
        rowActions={rowActions}
        download={(asked) => <ExportMenu workspace={workspace} query={asked} />}
        actions={
          <>
            <Button variant="default" leftSection={<IconRefresh size={16} aria-hidden />} onClick={refresh}>
              {t("refresh")}
            </Button>
            <Button
              variant="default"
              leftSection={<IconShieldCheck size={16} aria-hidden />}
              onClick={() => setVerifying(true)}
            >
              {t("verify.open")}
            </Button>
          </>
        }
        empty={
          period
            ? {
                title: t("emptyPeriod"),
                text: t("emptyPeriodText"),
                action: (
                  <Button variant="light" onClick={() => narrow({ last: undefined })}>
                    {t("anyTime")}
                  </Button>
                ),
              }
            : { title: t("empty"), text: t("emptyText") }
        }
      />
      {opened && <EventInfo event={opened} platform={!workspace} onClose={() => setOpened(undefined)} />}
      {verifying && <Verify workspace={workspace} onClose={() => setVerifying(false)} />}
    </>
  );
}

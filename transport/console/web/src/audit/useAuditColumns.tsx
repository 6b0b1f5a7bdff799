import { Anchor, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { list } from "~/api/list";
import type { Column } from "~/table/column";
import en from "~/text/en/audit.json";
import type { Trail } from "./AuditTable";
import {
  type AuditEvent,
  categories,
  isAction,
  objectName,
  useActionName,
  useKindName,
  useReason,
  useViaName,
} from "./events";
import { Outcome } from "./Outcome";
import { useNarrow } from "./useNarrow";
import { WorkspaceName } from "./WorkspaceName";

type Filtered = { principal?: string; object?: string; workspace?: string };

/** useFiltered returns what somebody, or something, is called that the address has by its identifier alone. */
function useFiltered({ workspace }: Trail, { principal, object }: Filtered) {
  const read = (what: "principal" | "object", id: string | undefined) => ({
    queryKey: ["audit", "name", workspace?.id, what, id],
    enabled: Boolean(id),
    staleTime: Number.POSITIVE_INFINITY,
    retry: false,
    queryFn: async ({ signal }: { signal: AbortSignal }) => {
      const query = { [what]: id, limit: 1, sort: "-created" };
      const { items } = workspace
        ? await list("/workspaces/{workspace}/audit", { workspace: workspace.id }, query, signal)
        : await list("/audit", {}, query, signal);
      return items[0] ?? null;
    },
  });
  const actor = useQuery(read("principal", principal && /^\d+$/.test(principal) ? principal : undefined)).data;
  const thing = useQuery(read("object", object)).data;
  return {
    principal: actor && (String(actor.principal) === principal ? actor.actor : actor.behalf),
    object: thing && objectName(thing),
  };
}

// What may be long is broken, rather than that the outcome is out of sight.
const long = { minWidth: "9rem", overflowWrap: "anywhere" } as const;

/** useAuditColumns are the columns of a trail: those of JMap's logs, and what else is kept, for who wants it. */
export function useAuditColumns(trail: Trail, open: (event: AuditEvent) => void): Column<AuditEvent>[] {
  const t = useTranslations("audit");
  const format = useFormatter();
  const actionName = useActionName();
  const kindName = useKindName();
  const viaName = useViaName();
  const reasonOf = useReason();
  const { search } = useNarrow();
  const { principal, object, action, workspace: within } = search;
  const names = useFiltered(trail, { principal, object });
  const platform = !trail.workspace;
  return useMemo((): Column<AuditEvent>[] => {
    const chosen = (value: string | undefined, label: string | null | undefined) =>
      value ? [{ value, label: label || value }] : [];
    const when = (e: AuditEvent) => format.dateTime(new Date(e.at), { dateStyle: "medium", timeStyle: "medium" });
    const who = (e: AuditEvent) => (e.behalf ? t("behalf", { actor: e.actor, behalf: e.behalf }) : e.actor);
    const thing = (e: AuditEvent) => [kindName(e.object.kind), objectName(e)].filter(Boolean).join(": ");
    return [
      {
        id: "at",
        header: t("at"),
        sort: "created",
        fixed: true,
        filter: { kind: "days", from: "since", before: "until" },
        cell: (e) => (
          <Anchor component="button" type="button" size="sm" ta="left" onClick={() => open(e)}>
            <time dateTime={e.at} style={{ whiteSpace: "nowrap" }}>
              {when(e)}
            </time>
          </Anchor>
        ),
        text: (e) => e.at,
      },
      {
        id: "actor",
        header: t("actor"),
        filter: { kind: "choice", param: "principal", options: chosen(principal, names.principal) },
        cell: who,
        text: who,
      },
      {
        id: "event",
        header: t("event"),
        filter: {
          kind: "choice",
          param: "action",
          options: [
            ...categories.map((c) => ({ value: `${c}.`, label: actionName(`${c}.`) })),
            ...(isAction(action) && !action.endsWith(".") ? [{ value: action, label: actionName(action) }] : []),
          ],
        },
        cell: (e) => <span title={e.action}>{actionName(e.action)}</span>,
        text: (e) => e.action,
      },
      {
        id: "object",
        header: t("object"),
        filter: {
          kind: "choice",
          param: "object_kind",
          options: Object.keys(en.kind).map((value) => ({ value, label: kindName(value) })),
        },
        cell: (e) => (
          <div style={long}>
            <Text size="xs" c="dimmed">
              {kindName(e.object.kind)}
            </Text>
            <Text size="sm">{objectName(e)}</Text>
          </div>
        ),
        text: thing,
      },
      ...(platform
        ? [
            {
              id: "workspace",
              header: t("workspace"),
              filter: { kind: "choice" as const, param: "workspace", options: chosen(within, undefined) },
              cell: (e: AuditEvent) => (
                <div style={long}>{e.workspace ? <WorkspaceName id={e.workspace} /> : t("platform")}</div>
              ),
              text: (e: AuditEvent) => e.workspace,
            },
            {
              id: "organization",
              header: t("organization"),
              filter: { kind: "text" as const, param: "organization", exact: true },
              hidden: true,
              cell: (e: AuditEvent) => e.organization ?? "–",
              text: (e: AuditEvent) => e.organization,
            },
          ]
        : []),
      {
        id: "address",
        header: t("address"),
        filter: { kind: "text", param: "address", exact: true },
        cell: (e) => e.address || "–",
        text: (e) => e.address,
      },
      { id: "via", header: t("viaName"), cell: (e) => viaName(e.via) || "–", text: (e) => e.via },
      {
        id: "outcome",
        header: t("outcome"),
        filter: {
          kind: "choice",
          param: "outcome",
          options: [
            { value: "allowed", label: t("allowed") },
            { value: "refused", label: t("refused") },
          ],
        },
        cell: (e) => <Outcome event={e} />,
        text: (e) => e.outcome,
      },
      { id: "reason", header: t("reason"), hidden: true, cell: (e) => reasonOf(e) ?? "–", text: (e) => e.reason },
      {
        id: "objectId",
        header: t("objectId"),
        // Once it is chosen it is called by its name.
        filter: object
          ? { kind: "choice", param: "object", options: chosen(object, names.object) }
          : { kind: "text", param: "object", exact: true },
        hidden: true,
        cell: (e) => e.object.id,
        text: (e) => e.object.id,
      },
      {
        id: "credential",
        header: t("credential"),
        filter: { kind: "text", param: "credential", exact: true },
        hidden: true,
        cell: (e) => e.credential || "–",
        text: (e) => e.credential,
      },
      { id: "code", header: t("code"), hidden: true, cell: (e) => <code>{e.action}</code>, text: (e) => e.action },
      { id: "seq", header: t("seq"), hidden: true, align: "right", cell: (e) => e.seq ?? "–", text: (e) => e.seq },
    ];
  }, [
    t,
    format,
    actionName,
    kindName,
    viaName,
    reasonOf,
    platform,
    principal,
    object,
    action,
    within,
    names.principal,
    names.object,
    open,
  ]);
}

import { Anchor, Badge, Button, Text } from "@mantine/core";
import { IconExternalLink, IconUserCheck, IconUserOff, IconUserPlus } from "@tabler/icons-react";
import { Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Several } from "~/dialog/Several";
import { useMay } from "~/session/may";
import { useUser } from "~/session/SessionProvider";
import { useTell } from "~/shell/notices";
import { Page } from "~/shell/Page";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { listedName } from "~/text/person";
import { Time } from "~/text/Time";
import { UserForm } from "./UserForm";
import { daysAgo, ofUsers, type User } from "./user";

type Switched = { on: boolean; rows: User[]; clear?: () => void };

/** Users are all who have an account. */
export default function Users() {
  const t = useTranslations("users");
  const me = useUser();
  const navigate = useNavigate();
  const changed = useChanged();
  const tell = useTell();
  const [creating, setCreating] = useState(false);
  const [switched, setSwitched] = useState<Switched>();
  const columns = useColumns();
  const manages = useMay(0, ["platform.manage_users"])("platform.manage_users");
  const create = manages && (
    <Button leftSection={<IconUserPlus size={16} aria-hidden />} onClick={() => setCreating(true)}>
      {t("create")}
    </Button>
  );
  return (
    <Page title={t("title")} text={t("text")}>
      <DataTable
        id="users"
        label={t("title")}
        path="/users"
        columns={columns}
        rowId={(u) => u.id}
        rowName={listedName}
        searchIn={t("search")}
        sort="name"
        actions={create}
        empty={{ title: t("none"), action: create }}
        rowActions={[
          {
            label: t("open"),
            icon: <IconExternalLink size={16} aria-hidden />,
            run: (u) => void navigate({ to: "/platform/users/$user", params: { user: u.id } }),
          },
          {
            label: t("enable"),
            icon: <IconUserCheck size={16} aria-hidden />,
            hidden: (u) => !u.disabled,
            run: (u) => setSwitched({ on: true, rows: [u] }),
          },
          {
            label: t("disable"),
            icon: <IconUserOff size={16} aria-hidden />,
            danger: true,
            hidden: (u) => u.disabled || u.id === me.id,
            run: (u) => setSwitched({ on: false, rows: [u] }),
          },
        ]}
        bulkActions={[
          {
            label: t("enable"),
            icon: <IconUserCheck size={16} aria-hidden />,
            run: (rows, clear) => setSwitched({ on: true, rows, clear }),
          },
          {
            label: t("disable"),
            icon: <IconUserOff size={16} aria-hidden />,
            danger: true,
            run: (rows, clear) => setSwitched({ on: false, rows, clear }),
          },
        ]}
      />
      {creating && <UserForm onClose={() => setCreating(false)} />}
      {switched && (
        <Several
          title={t(switched.on ? "enableTitle" : "disableTitle", { count: switched.rows.length })}
          items={switched.rows}
          id={(u) => u.id}
          name={listedName}
          act={t(switched.on ? "enable" : "disable")}
          danger={!switched.on}
          run={async (u) => {
            const at = { params: { path: { user: u.id } } };
            await (switched.on ? api.POST("/users/{user}/enable", at) : api.POST("/users/{user}/disable", at));
          }}
          onDone={async (done) => {
            await changed(...ofUsers);
            tell.done(t(switched.on ? "wereEnabled" : "wereDisabled", { count: done.length }));
            switched.clear?.();
          }}
          onClose={() => setSwitched(undefined)}
        >
          <Text size="sm">{t(switched.on ? "enableText" : "disableText")}</Text>
        </Several>
      )}
    </Page>
  );
}

function useColumns(): Column<User>[] {
  const t = useTranslations("users");
  return useMemo(
    () => [
      {
        id: "name",
        header: t("name"),
        sort: "name",
        fixed: true,
        cell: (u) => (
          <Anchor component={Link} to={`/platform/users/${u.id}`} size="sm">
            {listedName(u)}
          </Anchor>
        ),
        text: listedName,
      },
      { id: "username", header: t("username"), sort: "username", cell: (u) => u.username, text: (u) => u.username },
      { id: "email", header: t("email"), sort: "email", cell: (u) => u.email, text: (u) => u.email },
      {
        id: "state",
        header: t("state"),
        sort: "disabled",
        filter: { kind: "flag", param: "disabled", yes: t("disabled"), no: t("active") },
        cell: (u) => (
          <Badge
            variant="default"
            tt="none"
            leftSection={u.disabled ? <IconUserOff size={12} aria-hidden /> : undefined}
          >
            {t(u.disabled ? "disabled" : "active")}
          </Badge>
        ),
        text: (u) => t(u.disabled ? "disabled" : "active"),
      },
      {
        id: "administrator",
        header: t("power"),
        filter: { kind: "flag", param: "administrator", yes: t("administrator"), no: t("ordinary") },
        cell: (u) => (u.administrator ? t("administrator") : "–"),
        text: (u) => t(u.administrator ? "administrator" : "ordinary"),
      },
      {
        id: "technical",
        header: t("kind"),
        hidden: true,
        filter: { kind: "flag", param: "technical", yes: t("service"), no: t("person") },
        cell: (u) => t(u.technical ? "service" : "person"),
        text: (u) => t(u.technical ? "service" : "person"),
      },
      {
        id: "login",
        header: t("lastLogin"),
        sort: "last_login",
        cell: (u) => (u.last_login ? <Time at={u.last_login} /> : t("never")),
        text: (u) => u.last_login,
      },
      {
        id: "call",
        header: t("lastCall"),
        sort: "last_call",
        hidden: true,
        filter: {
          kind: "choice",
          param: "idle_since",
          options: [30, 90, 180, 365].map((days) => ({ value: daysAgo(days), label: t("idle", { days }) })),
        },
        cell: (u) => (u.last_call ? <Time at={u.last_call} /> : t("never")),
        text: (u) => u.last_call,
      },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        hidden: true,
        filter: { kind: "days", from: "created_from", before: "created_before" },
        cell: (u) => <Time at={u.created} day />,
        text: (u) => u.created,
      },
    ],
    [t],
  );
}

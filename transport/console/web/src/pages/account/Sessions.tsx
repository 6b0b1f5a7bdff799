import { Badge, Button, Group, Text } from "@mantine/core";
import { IconLogout } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { all, type Schemas } from "~/api/list";
import { Confirm } from "~/dialog/Confirm";
import { Several } from "~/dialog/Several";
import { useSession } from "~/session/SessionProvider";
import { useTell } from "~/shell/notices";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { Time } from "~/text/Time";
import { browserOf } from "./browser";

type Session = Schemas["Session"];
type Opened =
  | { dialog: "end"; session: Session }
  | { dialog: "several" | "others"; sessions: Session[]; clear?: () => void };

const end = (session: Session) => api.DELETE("/me/sessions/{session}", { params: { path: { session: session.id } } });

/** Sessions are where the reader is signed in: what he does not know he ends. */
export function Sessions() {
  const t = useTranslations("account");
  const { signOut } = useSession();
  const changed = useChanged();
  const tell = useTell();
  const name = useSessionName();
  const columns = useColumns();
  const [opened, setOpened] = useState<Opened>();
  const [busy, setBusy] = useState(false);
  const close = () => setOpened(undefined);

  async function others() {
    setBusy(true);
    try {
      const found: Session[] = [];
      for await (const { items } of all("/me/sessions", {}, {})) {
        found.push(...items.filter((s) => !s.current));
      }
      if (found.length === 0) {
        tell.done(t("noOthers"));
      } else {
        setOpened({ dialog: "others", sessions: found });
      }
    } catch (error) {
      tell.failure(error);
    }
    setBusy(false);
  }

  return (
    <>
      <DataTable
        id="sessions"
        label={t("tab.sessions")}
        path="/me/sessions"
        columns={columns}
        rowId={(s) => s.id}
        rowName={name}
        sort="-created"
        actions={
          <Button
            variant="default"
            loading={busy}
            leftSection={<IconLogout size={16} aria-hidden />}
            onClick={() => void others()}
          >
            {t("endOthers")}
          </Button>
        }
        empty={{ title: t("noSessions") }}
        rowActions={[
          {
            label: t("end"),
            icon: <IconLogout size={16} aria-hidden />,
            danger: true,
            run: (session) => setOpened({ dialog: "end", session }),
          },
        ]}
        bulkActions={[
          {
            label: t("end"),
            icon: <IconLogout size={16} aria-hidden />,
            danger: true,
            run: (sessions, clear) =>
              setOpened({ dialog: "several", sessions: sessions.filter((s) => !s.current), clear }),
          },
        ]}
      />
      {opened?.dialog === "end" && (
        <Confirm
          title={t("endOf", { name: name(opened.session) })}
          act={t("end")}
          onClose={close}
          run={async () => {
            if (opened.session.current) {
              await signOut();
              return;
            }
            await end(opened.session);
            await changed("/me/sessions");
            tell.done(t("ended", { count: 1 }));
          }}
        >
          {opened.session.current ? t("endThisText") : t("endText")}
        </Confirm>
      )}
      {opened && opened.dialog !== "end" && (
        <Several
          title={t("endSeveral", { count: opened.sessions.length })}
          items={opened.sessions}
          id={(s) => s.id}
          name={name}
          act={t("end")}
          danger
          run={async (session) => {
            await end(session);
          }}
          onDone={async (done) => {
            await changed("/me/sessions");
            tell.done(t("ended", { count: done.length }));
            opened.clear?.();
          }}
          onClose={close}
        >
          {t("endText")}
        </Several>
      )}
    </>
  );
}

/** useSessionName returns what names a session: the browser, its system, and where it was. */
function useSessionName(): (session: Session) => string {
  const t = useTranslations("account");
  return (s) => {
    const { browser, system } = browserOf(s.client);
    const client = browser
      ? t("browser", { browser, system: system ?? t("somewhere") })
      : s.client || t("unknownBrowser");
    return s.address ? `${client}, ${s.address}` : client;
  };
}

function useColumns(): Column<Session>[] {
  const t = useTranslations("account");
  return useMemo(() => {
    const client = (s: Session) => {
      const { browser, system } = browserOf(s.client);
      return browser ? t("browser", { browser, system: system ?? t("somewhere") }) : s.client || t("unknownBrowser");
    };
    const via = (s: Session) =>
      s.via === "password" || s.via === "invitation" || s.via === "oidc" ? t(`via.${s.via}`) : s.via;
    return [
      {
        id: "client",
        header: t("client"),
        fixed: true,
        cell: (s) => (
          <Group gap="xs" miw="10rem">
            <Text size="sm" title={s.client}>
              {client(s)}
            </Text>
            {s.current && (
              <Badge variant="default" tt="none" fw={500} radius="sm" miw="max-content">
                {t("current")}
              </Badge>
            )}
          </Group>
        ),
        text: (s) => s.client,
      },
      { id: "address", header: t("address"), cell: (s) => s.address || "–", text: (s) => s.address },
      { id: "via", header: t("viaOf"), cell: via, text: via },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        cell: (s) => <Time at={s.created} />,
        text: (s) => s.created,
      },
      { id: "seen", header: t("seen"), cell: (s) => <Time at={s.seen} />, text: (s) => s.seen },
      {
        id: "expires",
        header: t("expires"),
        hidden: true,
        cell: (s) => <Time at={s.expires} />,
        text: (s) => s.expires,
      },
    ];
  }, [t]);
}

import { useMemo } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { fullName } from "~/text/person";
import { Time } from "~/text/Time";
import type { User } from "./user";

type Session = Schemas["Session"];

/** UserSessions is where a user is signed in. */
export function UserSessions({ user }: { user: User }) {
  const t = useTranslations("users");
  const columns = useMemo<Column<Session>[]>(() => {
    const way = (s: Session) =>
      s.via === "password" || s.via === "oidc" || s.via === "invitation" ? t(`via.${s.via}`) : s.via;
    return [
      {
        id: "client",
        header: t("client"),
        fixed: true,
        cell: (s) => <span>{s.client || "–"}</span>,
        text: (s) => s.client,
      },
      { id: "address", header: t("address"), cell: (s) => s.address, text: (s) => s.address },
      { id: "via", header: t("how"), cell: way, text: way },
      { id: "created", header: t("since"), cell: (s) => <Time at={s.created} />, text: (s) => s.created },
      { id: "seen", header: t("seen"), cell: (s) => <Time at={s.seen} />, text: (s) => s.seen },
      { id: "expires", header: t("until"), hidden: true, cell: (s) => <Time at={s.expires} />, text: (s) => s.expires },
    ];
  }, [t]);
  return (
    <DataTable
      id="user-sessions"
      label={`${t("sessions")}: ${fullName(user)}`}
      path="/users/{user}/sessions"
      params={{ user: user.id }}
      columns={columns}
      rowId={(s) => s.id}
      rowName={(s) => s.client}
      inside
      empty={{ title: t("noSessions") }}
    />
  );
}

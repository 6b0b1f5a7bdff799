import { Group, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useMemo } from "react";
import { useFormatter, useTranslations } from "use-intl";
import type { Column } from "~/table/column";
import { Identifier } from "~/text/Identifier";
import { Time } from "~/text/Time";
import { useRoleName } from "~/text/words";
import { daysLeft, soon } from "./expiry";
import { KeyState } from "./KeyState";
import type { Key } from "./place";

const states = ["active", "rotating", "expired", "revoked"] as const;

/** useKeyColumns are the columns of tables of keys (J-10); of one's own keys one is who made them, and they have no role. */
export function useKeyColumns(own: boolean): Column<Key>[] {
  const t = useTranslations("keys");
  const c = useTranslations("common");
  const roleName = useRoleName();
  return useMemo(() => {
    const columns: (Column<Key> & { shared?: boolean })[] = [
      {
        id: "title",
        header: t("name"),
        sort: "title",
        filter: { kind: "text", param: "title" },
        fixed: true,
        cell: (k) => k.title,
        text: (k) => k.title,
      },
      {
        id: "id",
        header: t("identifier"),
        filter: { kind: "text", param: "id" },
        cell: (k) => <Identifier of={k.id} />,
        text: (k) => k.id,
      },
      {
        id: "creator",
        shared: true,
        header: t("creator"),
        sort: "creator",
        filter: { kind: "text", param: "creator_name" },
        cell: (k) => k.creator.name,
        text: (k) => k.creator.name,
      },
      {
        id: "role",
        shared: true,
        header: t("role"),
        filter: {
          kind: "choice",
          param: "role",
          options: ["Editor", "Viewer"].map((value) => ({ value, label: roleName(value) })),
        },
        cell: (k) => <div style={{ minWidth: "6.5rem" }}>{k.role ? roleName(k.role) : "–"}</div>,
        text: (k) => (k.role ? roleName(k.role) : ""),
      },
      {
        id: "state",
        header: t("stateOf"),
        filter: {
          kind: "choice",
          param: "state",
          options: states.map((value) => ({ value, label: t(`state.${value}`) })),
        },
        cell: (k) => <KeyState of={k} />,
        text: (k) => t(`state.${k.state}`),
      },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        filter: { kind: "days", from: "created_from", before: "created_before" },
        cell: (k) => <Time at={k.created} />,
        text: (k) => k.created,
      },
      {
        id: "expires",
        header: t("expires"),
        sort: "expires",
        filter: { kind: "days", from: "expires_from", before: "expires_before" },
        cell: (k) => <Expiry of={k} />,
        text: (k) => k.expires ?? c("never"),
      },
      {
        id: "last_used",
        header: t("lastUsed"),
        sort: "last_used",
        hidden: true,
        cell: (k) => (k.last_used ? <Time at={k.last_used} /> : c("never")),
        text: (k) => k.last_used,
      },
      {
        id: "email",
        header: t("email"),
        hidden: true,
        cell: (k) => k.email,
        text: (k) => k.email,
      },
    ];
    return columns.filter((column) => !own || !column.shared);
  }, [t, c, roleName, own]);
}

/** Expiry is when a key is refused; that it is soon is said before programs find out. */
export function Expiry({ of: key }: { of: Key }) {
  const t = useTranslations("keys");
  const c = useTranslations("common");
  const format = useFormatter();
  if (!key.expires) {
    return c("never");
  }
  const left = daysLeft(key.expires);
  if (key.state === "expired" || key.state === "revoked" || left < 0 || left >= soon) {
    return <Time at={key.expires} />;
  }
  return (
    <>
      <Time at={key.expires} />
      <Group gap={4} wrap="nowrap" c="var(--mantine-color-error)">
        <IconAlertTriangle size={14} aria-hidden />
        <Text size="xs">
          {t("soon", {
            when: format.relativeTime(new Date(key.expires), { now: new Date(), unit: left < 1 ? "hour" : "day" }),
          })}
        </Text>
      </Group>
    </>
  );
}

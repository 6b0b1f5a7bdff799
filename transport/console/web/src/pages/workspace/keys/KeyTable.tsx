import { Button } from "@mantine/core";
import { IconBan, IconInfoCircle, IconKey, IconTrash } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { useBackTo } from "~/dialog/useBackTo";
import { DataTable, type DataTableProps } from "~/table/DataTable";
import type { Workspace } from "../workspace";
import { KeyDelete } from "./KeyDelete";
import { KeyForm } from "./KeyForm";
import { KeyInfo } from "./KeyInfo";
import { KeySecret } from "./KeySecret";
import { DeleteSeveral, RevokeSeveral } from "./KeysSeveral";
import type { Key } from "./place";
import { useKeyColumns } from "./useKeyColumns";

type Opened =
  | { dialog: "new" }
  | { dialog: "info" | "delete"; key: Key }
  | { dialog: "revokeAll" | "deleteAll"; keys: Key[]; clear: () => void };

/** KeyTable is the keys of a workspace, or one's own where none is said. */
export function KeyTable({ workspace, manages }: { workspace?: Workspace; manages: boolean }) {
  const t = useTranslations("keys");
  const c = useTranslations("common");
  const columns = useKeyColumns(!workspace);
  const [opened, setOpened] = useState<Opened>();
  const [secret, setSecret] = useState<{ key: Key; rotated: boolean }>();
  useBackTo(Boolean(opened ?? secret));
  const close = () => setOpened(undefined);
  const make: ReactNode = manages && (
    <Button leftSection={<IconKey size={16} aria-hidden />} onClick={() => setOpened({ dialog: "new" })}>
      {t("create")}
    </Button>
  );
  const shared = {
    label: t(workspace ? "title" : "mine"),
    columns,
    rowId: (key) => key.id,
    rowName: (key) => key.title,
    searchIn: t(workspace ? "search" : "searchMine"),
    sort: "-created",
    actions: make,
    empty: { title: t("empty"), text: t(workspace ? "emptyText" : "emptyMine"), action: make },
    rowActions: [
      {
        label: c("info"),
        icon: <IconInfoCircle size={16} aria-hidden />,
        run: (key) => setOpened({ dialog: "info", key }),
      },
      {
        label: c("delete"),
        icon: <IconTrash size={16} aria-hidden />,
        danger: true,
        hidden: () => !manages,
        run: (key) => setOpened({ dialog: "delete", key }),
      },
    ],
    bulkActions: manages
      ? [
          {
            label: t("revoke"),
            icon: <IconBan size={16} aria-hidden />,
            danger: true,
            run: (keys, clear) => setOpened({ dialog: "revokeAll", keys, clear }),
          },
          {
            label: c("delete"),
            icon: <IconTrash size={16} aria-hidden />,
            danger: true,
            run: (keys, clear) => setOpened({ dialog: "deleteAll", keys, clear }),
          },
        ]
      : [],
  } satisfies Partial<DataTableProps<"/me/keys">>;
  return (
    <>
      {workspace ? (
        <DataTable id="keys" path="/workspaces/{workspace}/keys" params={{ workspace: workspace.id }} {...shared} />
      ) : (
        <DataTable id="mykeys" path="/me/keys" {...shared} />
      )}
      {opened?.dialog === "new" && (
        <KeyForm workspace={workspace} onClose={close} onMade={(key) => setSecret({ key, rotated: false })} />
      )}
      {opened?.dialog === "info" && (
        <KeyInfo
          of={opened.key}
          workspace={workspace}
          manages={manages}
          onClose={close}
          onDelete={(key) => setOpened({ dialog: "delete", key })}
          onRotated={(key) => {
            close();
            setSecret({ key, rotated: true });
          }}
        />
      )}
      {opened?.dialog === "delete" && <KeyDelete of={opened.key} workspace={workspace} onClose={close} />}
      {opened?.dialog === "revokeAll" && (
        <RevokeSeveral keys={opened.keys} workspace={workspace} onClose={close} onDone={opened.clear} />
      )}
      {opened?.dialog === "deleteAll" && (
        <DeleteSeveral keys={opened.keys} workspace={workspace} onClose={close} onDone={opened.clear} />
      )}
      {secret && <KeySecret of={secret.key} rotated={secret.rotated} onClose={() => setSecret(undefined)} />}
    </>
  );
}

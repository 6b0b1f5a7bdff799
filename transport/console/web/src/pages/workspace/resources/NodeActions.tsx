import { Button, Group } from "@mantine/core";
import { IconArrowsMove, IconEdit, IconPlus, IconTrash, IconUserShare } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { useClasses } from "~/explain/classes";
import { useMay } from "~/session/may";
import { useWorkspace } from "../workspace";
import { CreateDialog } from "./CreateDialog";
import { DeleteDialog } from "./DeleteDialog";
import { EditDialog } from "./EditDialog";
import { goesInto } from "./hierarchy";
import { MoveDialog } from "./MoveDialog";
import type { Resource } from "./NodePanel";
import type { Told } from "./Resources";
import { TransferDialog } from "./TransferDialog";

type Props = { node: Resource; told: Told; show: (num: number) => void };
type Opened = "create" | "edit" | "move" | "transfer" | "delete";

/** NodeActions are what the reader may do with a node; the workspace's own is changed in its settings. */
export function NodeActions({ node, told }: Props) {
  const t = useTranslations("resources");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const [opened, setOpened] = useState<Opened>();
  const classes = useClasses();
  const root = node.num === workspace.num;
  const may = useMay(node.num, [
    "resource.update",
    "resource.create",
    "resource.delete",
    "metadata.write",
    "resource.manage_children",
    "resource.change_permissions",
  ]);
  const mayAbove = useMay(root ? undefined : node.parent, ["resource.manage_children"]);
  const takes = classes.some((k) => goesInto(k, node.class));
  const button = (what: Opened, label: string, icon: ReactNode, danger = false) => (
    <Button
      size="xs"
      variant="default"
      c={danger ? "var(--mantine-color-error)" : undefined}
      leftSection={icon}
      onClick={() => setOpened(what)}
    >
      {label}
    </Button>
  );
  const close = () => setOpened(undefined);
  const dialog = { node, told, onClose: close };
  return (
    <Group gap="xs" mih={30}>
      {takes && may("resource.manage_children") && button("create", t("createIn"), <IconPlus size={16} aria-hidden />)}
      {!root &&
        (may("resource.update") || may("metadata.write")) &&
        button("edit", c("modify"), <IconEdit size={16} aria-hidden />)}
      {!root &&
        may("resource.create") &&
        mayAbove("resource.manage_children") &&
        button("move", t("move"), <IconArrowsMove size={16} aria-hidden />)}
      {!root &&
        may("resource.change_permissions") &&
        button("transfer", t("transfer"), <IconUserShare size={16} aria-hidden />)}
      {!root &&
        may("resource.delete") &&
        mayAbove("resource.manage_children") &&
        button("delete", c("delete"), <IconTrash size={16} aria-hidden />, true)}
      {opened === "create" && <CreateDialog {...dialog} />}
      {opened === "edit" && <EditDialog {...dialog} names={may("resource.update")} words={may("metadata.write")} />}
      {opened === "move" && <MoveDialog {...dialog} />}
      {opened === "transfer" && <TransferDialog {...dialog} />}
      {opened === "delete" && <DeleteDialog {...dialog} />}
    </Group>
  );
}

/** What every dialog about a node is given. */
export type NodeDialogProps = { node: Resource; told: Told; onClose: () => void };

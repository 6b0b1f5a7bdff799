import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { Several } from "~/dialog/Several";
import { useTell } from "~/shell/notices";
import { type Group, ofGroups } from "./group";

function useDelete() {
  const changed = useChanged();
  return {
    remove: async (group: Group) => {
      await api.DELETE("/groups/{group}", { params: { path: { group: group.id } } });
    },
    changed: () => changed(...ofGroups),
  };
}

type Props = { of: Group; onClose: () => void; onGone?: () => Promise<void> };

/** DeleteGroup deletes a group with what was given to it; who is in it stays a member. */
export function DeleteGroup({ of: group, onClose, onGone }: Props) {
  const t = useTranslations("groups");
  const c = useTranslations("common");
  const tell = useTell();
  const { remove, changed } = useDelete();
  return (
    <Confirm
      title={t("deleteOf", { name: group.name })}
      act={c("delete")}
      goes={[t("goes.group", { name: group.name }), t("goes.given")]}
      onClose={onClose}
      run={async () => {
        await remove(group);
        await onGone?.();
        await changed();
        tell.done(t("wasDeleted", { name: group.name }));
      }}
    >
      <Text size="sm">{t("deleteText", { count: group.members })}</Text>
    </Confirm>
  );
}

/** DeleteSeveral deletes all groups that were selected. */
export function DeleteSeveral({
  groups,
  onClose,
  onDone,
}: {
  groups: Group[];
  onClose: () => void;
  onDone: () => void;
}) {
  const t = useTranslations("groups");
  const c = useTranslations("common");
  const tell = useTell();
  const { remove, changed } = useDelete();
  return (
    <Several
      title={t("deleteSeveral", { count: groups.length })}
      items={groups}
      id={(g) => g.id}
      name={(g) => t("withMembers", { name: g.name, count: g.members })}
      act={c("delete")}
      danger
      run={remove}
      onDone={async (done) => {
        onDone();
        await changed();
        tell.done(t("deleted", { count: done.length }));
      }}
      onClose={onClose}
    >
      <Text size="sm">{t("deleteSeveralText")}</Text>
    </Several>
  );
}

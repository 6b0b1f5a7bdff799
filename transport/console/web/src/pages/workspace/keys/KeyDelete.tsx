import { Modal, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { problemOf } from "~/api/problem";
import { Confirm } from "~/dialog/Confirm";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import type { Workspace } from "../workspace";
import { KeyDisposal } from "./KeyDisposal";
import { type Key, useKeys } from "./place";

/**
 * KeyDelete deletes a key for good. One confirmation is enough for a key that owns nothing (J-28); of one that owns
 * something it is asked first who gets that (J-29).
 */
export function KeyDelete({ of: key, workspace, onClose }: { of: Key; workspace?: Workspace; onClose: () => void }) {
  const t = useTranslations("keys");
  const c = useTranslations("common");
  const keys = useKeys(workspace?.id);
  const tell = useTell();
  const trial = useQuery({
    queryKey: ["key/delete", key.id],
    gcTime: 0,
    staleTime: 0,
    retry: false,
    queryFn: async () => {
      await keys.remove(key, { dry_run: true });
      return true;
    },
  });
  const title = t("deleteOf", { name: key.title });

  async function gone() {
    await keys.changed();
    tell.done(t("wasDeleted", { name: key.title }));
  }

  if (trial.isSuccess) {
    return (
      <Confirm
        title={title}
        act={c("delete")}
        onClose={onClose}
        run={async () => {
          await keys.remove(key);
          await gone();
        }}
      >
        {t("deleteText")}
      </Confirm>
    );
  }
  if (workspace && problemOf(trial.error).code === "owns_resources") {
    return (
      <KeyDisposal
        of={key}
        workspace={workspace}
        owned={problemOf(trial.error).body}
        title={title}
        onClose={onClose}
        onGone={gone}
      />
    );
  }
  return (
    <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": c("close") }}>
      {trial.error ? (
        <Failure error={trial.error} retry={() => void trial.refetch()} />
      ) : (
        <Stack aria-busy>
          <Skeleton height={48} />
          <Skeleton height={36} />
        </Stack>
      )}
    </Modal>
  );
}

import { Modal, Stack } from "@mantine/core";
import { useTranslations } from "use-intl";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { useAmount } from "~/text/amount";
import { Time } from "~/text/Time";
import { useStateName } from "./DatabaseState";
import type { Backup } from "./database";

/** BackupInfo is what is to be known of a backup, with what its file has to sum up to. */
export function BackupInfo({ backup, onClose }: { backup: Backup; onClose: () => void }) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const amount = useAmount();
  const stateName = useStateName();
  return (
    <Modal opened onClose={onClose} title={backup.name} closeButtonProps={{ "aria-label": c("close") }}>
      <Stack>
        <Facts
          of={[
            [t("nameThen"), backup.database],
            [t("made"), <Time key="made" at={backup.created} />],
            [t("by"), backup.created_by],
            [t("size"), amount(backup.size, "bytes")],
            [t("state"), stateName(backup.state)],
          ]}
        />
        <CopyField label={t("digest")} description={t("digestText")} value={backup.sha256} />
      </Stack>
    </Modal>
  );
}

import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { useEffect, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import { useTell } from "~/shell/notices";
import { useAmount } from "~/text/amount";
import { useProblemText } from "~/text/problem";
import { type Database, ofDatabases } from "./database";
import { Working } from "./Working";

/** BackUpDialog makes a backup that is kept. Who closes it meanwhile is told when it is done. */
export function BackUpDialog({ database, onClose }: { database: Database; onClose: () => void }) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const amount = useAmount();
  const problemText = useProblemText();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);

  async function run() {
    setBusy(true);
    setFailure(undefined);
    try {
      const made = await done(
        api.POST("/databases/{database}/backups", { params: { path: { database: database.name } } }),
      );
      await changed(...ofDatabases);
      tell.done(t("backedUp", { name: made.name, size: amount(made.size, "bytes") }));
      if (here.current) {
        onClose();
      }
    } catch (error) {
      if (here.current) {
        setFailure(error);
        setBusy(false);
      } else {
        tell.failure(error);
      }
    }
  }

  return (
    <Modal
      opened
      onClose={onClose}
      title={t("backUpTitle", { name: database.name })}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void run();
        }}
      >
        <Stack>
          <Text size="sm">{t("backUpText", { size: amount(database.size, "bytes") })}</Text>
          {busy && <Working what={t("backingUp")} />}
          {busy && (
            <Text size="sm" c="dimmed">
              {t("mayClose")}
            </Text>
          )}
          {failure !== undefined && (
            <Alert color="red" role="alert">
              {problemText(failure)}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              {busy ? c("close") : c("cancel")}
            </Button>
            <Button type="submit" loading={busy} data-autofocus>
              {t("backUp")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

import { Alert, Button, Checkbox, FileInput, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { IconAlertTriangle, IconFileUpload } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { clearButton } from "~/pages/platform/organizations/clear";
import { useTell } from "~/shell/notices";
import { useAmount } from "~/text/amount";
import { useProblemText } from "~/text/problem";
import { Time } from "~/text/Time";
import { type Backup, type Database, ofDatabases } from "./database";
import { Users } from "./Users";
import { type Step, useRestore } from "./useRestore";
import { Working } from "./Working";

type Props = {
  database: Database;
  /** A backup that is kept; a file is asked for otherwise. */
  backup?: Backup;
  onClose: () => void;
};

/** RestoreDialog makes a database what a backup holds: it says what is lost, and wants the name to be written. */
export function RestoreDialog({ database, backup, onClose }: Props) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const amount = useAmount();
  const problemText = useProblemText();
  const { name } = database;
  const { step, run, giveUp } = useRestore(database);
  const [file, setFile] = useState<File | null>(null);
  const [first, setFirst] = useState(true);
  const [written, setWritten] = useState("");
  const [failure, setFailure] = useState<unknown>();
  const here = useRef(true);
  useEffect(() => {
    here.current = true;
    return () => {
      here.current = false;
    };
  }, []);
  const source = backup ? { backup } : file ? { file } : undefined;
  const ready = source !== undefined && written.trim() === name;

  async function send() {
    if (!source || !ready || step) {
      return;
    }
    setFailure(undefined);
    try {
      await run(source, first);
      await changed(...ofDatabases);
      tell.done(t("restored", { name }));
      if (here.current) {
        onClose();
      }
    } catch (error) {
      await changed(...ofDatabases);
      if (error instanceof DOMException && error.name === "AbortError") {
        return; // he gave up himself
      }
      if (here.current) {
        setFailure(error);
      } else {
        tell.failure(error);
      }
    }
  }

  return (
    <Modal
      opened
      onClose={step?.is === "upload" ? () => undefined : onClose}
      title={t("restoreTitle", { name })}
      closeButtonProps={{ "aria-label": c("close") }}
      size="lg"
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <Stack>
          <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={t("restoreLost")}>
            <Stack gap="xs">
              <Text size="sm">
                {backup
                  ? t.rich("restoreKeptText", { name: backup.name, time: () => <Time at={backup.created} /> })
                  : t("restoreFileText")}
              </Text>
              <Text size="sm">{t("restoreSessions")}</Text>
              <Users of={name} />
            </Stack>
          </Alert>
          {!backup && (
            <FileInput
              label={t("file")}
              description={file ? amount(file.size, "bytes") : t("fileText")}
              placeholder={t("chooseFile")}
              leftSection={<IconFileUpload size={16} aria-hidden />}
              required
              withAsterisk
              clearable
              clearButtonProps={clearButton(t("noFile"))}
              value={file}
              onChange={setFile}
              disabled={step !== undefined}
              styles={{ input: { overflow: "hidden", textOverflow: "ellipsis" } }}
            />
          )}
          <Checkbox
            label={t("backUpFirst")}
            description={t("backUpFirstText", { size: amount(database.size, "bytes") })}
            checked={first}
            onChange={(event) => setFirst(event.currentTarget.checked)}
            disabled={step !== undefined}
          />
          <TextInput
            label={c("writeName", { name })}
            value={written}
            onChange={(event) => setWritten(event.currentTarget.value)}
            autoComplete="off"
            spellCheck={false}
            disabled={step !== undefined}
          />
          {step && <Under step={step} />}
          {failure !== undefined && (
            <Alert color="red" role="alert">
              {problemText(failure)}
            </Alert>
          )}
          <Group justify="flex-end">
            {step?.is === "upload" ? (
              <Button variant="default" onClick={giveUp}>
                {t("giveUp")}
              </Button>
            ) : (
              <Button variant="default" onClick={onClose}>
                {step ? c("close") : c("cancel")}
              </Button>
            )}
            <Button type="submit" color="red" disabled={!ready} loading={step !== undefined}>
              {t("restore")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

/** Under is what is under way, with how far it is. */
function Under({ step }: { step: Step }) {
  const t = useTranslations("databases");
  const amount = useAmount();
  return (
    <>
      {step.is === "upload" ? (
        <Working
          key="upload"
          what={t("uploading", { sent: amount(step.sent, "bytes"), size: amount(step.size, "bytes") })}
          share={step.size > 0 ? step.sent / step.size : 0}
        />
      ) : (
        <Working key={step.is} what={t(step.is === "backup" ? "backingUp" : "restoring")} />
      )}
      <Text size="sm" c="dimmed">
        {t(step.is === "upload" ? "mayNotClose" : "mayClose")}
      </Text>
    </>
  );
}

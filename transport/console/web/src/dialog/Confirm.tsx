import { Alert, Button, Group, List, Modal, Stack, Text, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { useProblemText } from "~/text/problem";

export type ConfirmProps = {
  /** What is about to be done: "Delete the key ETL?" */
  title: string;
  /** What follows from it, in sentences. */
  children?: ReactNode;
  /** What will go, by name. */
  goes?: readonly string[];
  /** What the button says: the act itself, never "OK". */
  act: string;
  /** It cannot be undone: the name has to be written for it. */
  name?: string;
  danger?: boolean;
  onClose: () => void;
  /** Do it. What it throws is shown in the dialog, which stays. */
  run: () => Promise<void>;
};

/** Confirm asks before something is taken away, names what will go, and says in place why it could not be done. */
export function Confirm({ title, children, goes = [], act, name, danger = true, onClose, run }: ConfirmProps) {
  const t = useTranslations("common");
  const problemText = useProblemText();
  const [written, setWritten] = useState("");
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const ready = name === undefined || written.trim() === name;
  return (
    <Modal
      opened
      onClose={busy ? () => undefined : onClose}
      title={title}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        onSubmit={async (event) => {
          event.preventDefault();
          if (!ready || busy) {
            return;
          }
          setBusy(true);
          setFailure(undefined);
          try {
            await run();
            onClose();
          } catch (error) {
            setFailure(error);
            setBusy(false);
          }
        }}
      >
        <Stack>
          {children}
          {goes.length > 0 && (
            <div>
              <Text size="sm" fw={600}>
                {t("goes")}
              </Text>
              <List size="sm">
                {goes.map((thing) => (
                  <List.Item key={thing}>{thing}</List.Item>
                ))}
              </List>
            </div>
          )}
          {name !== undefined && (
            <TextInput
              label={t("writeName", { name })}
              value={written}
              onChange={(event) => setWritten(event.currentTarget.value)}
              autoComplete="off"
              data-autofocus
            />
          )}
          {failure !== undefined && (
            <Alert color="red" role="alert">
              {problemText(failure)}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button
              variant="default"
              onClick={onClose}
              disabled={busy}
              data-autofocus={name === undefined || undefined}
            >
              {t("cancel")}
            </Button>
            <Button type="submit" color={danger ? "red" : undefined} loading={busy} disabled={!ready}>
              {act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

import { Alert, Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { problemOf } from "~/api/problem";
import { useProblemText } from "~/text/problem";

type Props = {
  title: string;
  /** What the button says: the act itself. */
  act: string;
  /** It cannot be done as it is decided; what there is to decide is said in children. */
  blocked: boolean;
  /** The plan of what is decided is being made. */
  waiting: boolean;
  /** It cannot be undone, and much goes: the name has to be written for it. */
  name?: string;
  children: ReactNode;
  onClose: () => void;
  /** Returns whether everything is decided, and says in place what is not. */
  check: () => boolean;
  /** Do it. */
  run: () => Promise<void>;
  /** What was shown is no longer what would be done: show it anew. */
  renew: () => Promise<void>;
};

/** DepartureForm asks for a departure, and does what was shown and nothing else: if that has changed, it is shown anew. */
export function DepartureForm(props: Props) {
  const { name } = props;
  const t = useTranslations("members");
  const c = useTranslations("common");
  const problemText = useProblemText();
  const [written, setWritten] = useState("");
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const problem = failure === undefined ? undefined : problemOf(failure);
  const changed = problem?.code === "precondition_failed" || problem?.code === "blocked";
  const ready = name === undefined || written.trim() === name.trim();
  return (
    <Modal
      opened
      size="lg"
      onClose={busy ? () => undefined : props.onClose}
      title={props.title}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <form
        noValidate
        onSubmit={async (event) => {
          event.preventDefault();
          if (busy || props.waiting || props.blocked || !ready || !props.check()) {
            return;
          }
          setBusy(true);
          setFailure(undefined);
          try {
            await props.run();
            props.onClose();
          } catch (error) {
            const { code } = problemOf(error);
            if (code === "precondition_failed" || code === "blocked") {
              await props.renew().catch(() => undefined);
            }
            setFailure(error);
            setBusy(false);
          }
        }}
      >
        <Stack>
          {changed && (
            <Alert color="yellow" role="alert" title={t("departure.changed")}>
              {t("departure.changedText")}
            </Alert>
          )}
          {props.children}
          {name !== undefined && (
            <TextInput
              label={c("writeName", { name })}
              value={written}
              onChange={(event) => setWritten(event.currentTarget.value)}
              autoComplete="off"
              styles={{ label: { overflowWrap: "anywhere" } }}
            />
          )}
          {problem && !changed && (
            <Alert color="red" role="alert">
              {problemText(problem)}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={props.onClose} disabled={busy} data-autofocus>
              {c("cancel")}
            </Button>
            <Button
              type="submit"
              color="red"
              loading={busy}
              disabled={props.blocked || props.waiting || !ready}
              style={{ height: "auto", minHeight: 36, paddingBlock: 6 }}
              styles={{ label: { whiteSpace: "normal" } }}
            >
              {props.act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

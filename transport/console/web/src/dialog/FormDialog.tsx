import { Alert, Button, Group, Modal, type ModalProps, Stack } from "@mantine/core";
import type { UseFormReturnType } from "@mantine/form";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { problemOf } from "~/api/problem";
import { useProblemText } from "~/text/problem";

export type FormDialogProps<Values extends object> = {
  title: string;
  form: UseFormReturnType<Values>;
  /** What the button says: "Create", "Save". */
  act: string;
  /** Something is taken away by it. */
  danger?: boolean;
  /** Names of the API's fields whose form fields are named otherwise. */
  fields?: Record<string, string>;
  /** What to say at a field, where there is something better than what the server expected. */
  fieldText?: (field: string, error: unknown) => string | undefined;
  children: ReactNode;
  size?: ModalProps["size"];
  onClose: () => void;
  /** Send it. A problem that names a field is shown at the field, any other above the buttons. */
  send: (values: Values) => Promise<void>;
};

/** FormDialog is a form in a dialog: it stays, with what was written, until the server has taken it. */
export function FormDialog<Values extends object>(props: FormDialogProps<Values>) {
  const { form, fields = {} } = props;
  const t = useTranslations("common");
  const problemText = useProblemText();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  return (
    <Modal
      opened
      onClose={busy ? () => undefined : props.onClose}
      title={props.title}
      size={props.size}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <form
        noValidate
        onSubmit={form.onSubmit(async (values) => {
          setBusy(true);
          setFailure(undefined);
          try {
            await props.send(values);
            props.onClose();
          } catch (error) {
            // Of a list it may be said which of it: "scopes[2]".
            const field = problemOf(error).body.field?.replace(/\[\d+\]$/, "");
            const named = field && (fields[field] ?? field);
            if (named && named in form.getValues()) {
              form.setFieldError(named, props.fieldText?.(named, error) ?? problemText(error));
            } else {
              setFailure(error);
            }
            setBusy(false);
          }
        })}
      >
        <Stack>
          {props.children}
          {failure !== undefined && (
            <Alert color="red" role="alert">
              {problemText(failure)}
            </Alert>
          )}
          <Group justify="flex-end">
            <Button variant="default" onClick={props.onClose} disabled={busy}>
              {t("cancel")}
            </Button>
            <Button type="submit" color={props.danger ? "red" : undefined} loading={busy}>
              {props.act}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

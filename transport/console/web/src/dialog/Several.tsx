import { Alert, Button, Group, List, Modal, Progress, Stack, Text } from "@mantine/core";
import { type ReactNode, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { useProblemText } from "~/text/problem";

export type SeveralProps<Item> = {
  /** What is about to be done: "Delete 3 keys?" */
  title: string;
  /** What follows from it. */
  children?: ReactNode;
  items: readonly Item[];
  id: (item: Item) => string;
  name: (item: Item) => string;
  /** What the button says: the act itself. */
  act: string;
  danger?: boolean;
  /** Do it with one. What it throws is told beside its name when all are done. */
  run: (item: Item) => Promise<void>;
  /** Some were done, whatever became of others. */
  onDone: (done: Item[]) => void | Promise<void>;
  onClose: () => void;
};

/** How many names are listed before the rest is only counted. */
const listed = 10;

/**
 * Several asks before something is done with several things, names them, shows how far it is, and tells which could not
 * be done and why.
 */
export function Several<Item>(props: SeveralProps<Item>) {
  const { items, id, name } = props;
  const t = useTranslations("common");
  const problemText = useProblemText();
  const [todo, setTodo] = useState<readonly Item[]>(items);
  const [running, setRunning] = useState<number>();
  const [failed, setFailed] = useState<{ item: Item; error: unknown }[]>();
  const stopped = useRef(false);

  async function run() {
    stopped.current = false;
    const done: Item[] = [];
    const wrong: { item: Item; error: unknown }[] = [];
    setFailed(undefined);
    for (const [i, item] of todo.entries()) {
      if (stopped.current) {
        break;
      }
      setRunning(i);
      try {
        await props.run(item);
        done.push(item);
      } catch (error) {
        wrong.push({ item, error });
      }
    }
    setRunning(undefined);
    if (done.length > 0) {
      await props.onDone(done);
    }
    if (wrong.length === 0) {
      props.onClose();
      return;
    }
    setFailed(wrong);
    setTodo(wrong.map((w) => w.item));
  }

  const busy = running !== undefined;
  return (
    <Modal
      opened
      onClose={busy ? () => undefined : props.onClose}
      title={props.title}
      closeButtonProps={{ "aria-label": t("close") }}
    >
      <Stack>
        {!failed && props.children}
        {failed ? (
          <Alert color="red" role="alert" title={t("several.failed", { count: failed.length })}>
            <List size="sm">
              {failed.map(({ item, error }) => (
                <List.Item key={id(item)} style={{ overflowWrap: "anywhere" }}>
                  <strong>{name(item)}</strong> – {problemText(error)}
                </List.Item>
              ))}
            </List>
          </Alert>
        ) : (
          <List size="sm">
            {todo.slice(0, listed).map((item) => (
              <List.Item key={id(item)} style={{ overflowWrap: "anywhere" }}>
                {name(item)}
              </List.Item>
            ))}
            {todo.length > listed && <List.Item>{t("several.more", { count: todo.length - listed })}</List.Item>}
          </List>
        )}
        {busy && (
          <div>
            <Progress value={(100 * running) / todo.length} animated aria-label={props.title} />
            <Text size="sm" c="dimmed" role="status">
              {t("several.progress", { done: running, total: todo.length })}
            </Text>
          </div>
        )}
        <Group justify="flex-end">
          {busy ? (
            <Button
              variant="default"
              onClick={() => {
                stopped.current = true;
              }}
            >
              {t("several.stop")}
            </Button>
          ) : (
            <Button variant="default" onClick={props.onClose} data-autofocus>
              {failed ? t("close") : t("cancel")}
            </Button>
          )}
          <Button color={props.danger ? "red" : undefined} loading={busy} onClick={() => void run()}>
            {failed ? t("several.again") : props.act}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

import { Alert, Button, Checkbox, FileButton, Group, List, Modal, Stack, Text, Textarea } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconFileTypeCsv } from "@tabler/icons-react";
import { useMemo, useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { useTell } from "~/shell/notices";
import { useLanguage } from "~/text/LanguageProvider";
import { useWorkspace } from "../workspace";
import { addresses } from "./addresses";
import { BulkProgress } from "./BulkProgress";
import { BulkResult } from "./BulkResult";
import { InvitationFields } from "./InvitationFields";
import { inviteMany, type Outcome } from "./inviteMany";

/** How many lines that hold no address are shown; the rest is counted. */
const listed = 5;
/** A file that is larger is no list of addresses. */
const largest = 1_000_000;

/** BulkInvite invites everybody in a list that was pasted or is in a file, and tells of each what came of it. */
export function BulkInvite({ onClose }: { onClose: () => void }) {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  const { language } = useLanguage();
  const { workspace } = useWorkspace();
  const changed = useChanged();
  const tell = useTell();
  const stop = useRef<AbortController>(undefined);
  const [progress, setProgress] = useState<{ done: number; total: number }>();
  const [outcomes, setOutcomes] = useState<Outcome[]>();
  const form = useForm({
    initialValues: { list: "", role: "Viewer", language: language as string, groups: [] as string[], resend: false },
  });
  const read = useMemo(() => addresses(form.values.list), [form.values.list]);
  const emails = useMemo(() => read.flatMap((r) => (r.email ? [r.email] : [])), [read]);
  const unclear = read.filter((r) => !r.email);

  async function invite(whom: readonly string[], before: Outcome[] = []) {
    const control = new AbortController();
    stop.current = control;
    const { role, language: spoken, groups, resend } = form.values;
    setProgress({ done: 0, total: whom.length });
    const after = await inviteMany(
      workspace.id,
      whom.map((email) => ({ kind: "personal" as const, email, roles: [role], language: spoken, groups, resend })),
      (done) => setProgress({ done, total: whom.length }),
      control.signal,
    );
    const again = new Map(after.map((o) => [o.email, o]));
    setOutcomes(before.length > 0 ? before.map((o) => again.get(o.email) ?? o) : after);
    setProgress(undefined);
    await changed("/workspaces/{workspace}/invitations");
  }

  return (
    <Modal
      opened
      onClose={progress ? () => undefined : onClose}
      title={t("bulk")}
      size="xl"
      closeButtonProps={{ "aria-label": c("close") }}
    >
      {progress ? (
        <BulkProgress {...progress} onStop={() => stop.current?.abort()} />
      ) : outcomes ? (
        <BulkResult
          outcomes={outcomes}
          onRetry={(failed) =>
            void invite(
              failed.map((o) => o.email),
              outcomes,
            )
          }
          onClose={onClose}
        />
      ) : (
        <form onSubmit={form.onSubmit(() => void invite(emails))}>
          <Stack>
            <Textarea
              label={t("list")}
              description={t("listText")}
              autosize
              minRows={5}
              maxRows={12}
              spellCheck={false}
              data-autofocus
              {...form.getInputProps("list")}
            />
            <Group justify="space-between" gap="sm">
              <FileButton
                accept=".csv,.txt,text/csv,text/plain"
                onChange={async (file) => {
                  if (!file) {
                    return;
                  }
                  try {
                    const text = file.size > largest ? "" : await file.text();
                    form.setFieldValue("list", [form.values.list.trim(), text].filter(Boolean).join("\n"));
                  } catch (error) {
                    tell.failure(error);
                  }
                }}
              >
                {(props) => (
                  <Button
                    {...props}
                    variant="default"
                    size="xs"
                    leftSection={<IconFileTypeCsv size={16} aria-hidden />}
                  >
                    {t("file")}
                  </Button>
                )}
              </FileButton>
              <Text size="sm" role="status" fw={600}>
                {t("found", { count: emails.length })}
              </Text>
            </Group>
            {unclear.length > 0 && (
              <Alert color="yellow" title={t("unclear", { count: unclear.length })}>
                <List size="sm">
                  {unclear.slice(0, listed).map((r) => (
                    <List.Item key={r.text} style={{ overflowWrap: "anywhere" }}>
                      {r.text}
                    </List.Item>
                  ))}
                  {unclear.length > listed && (
                    <List.Item>{c("several.more", { count: unclear.length - listed })}</List.Item>
                  )}
                </List>
              </Alert>
            )}
            <InvitationFields form={form} />
            <Checkbox
              label={t("resendPending")}
              description={t("resendPendingText")}
              {...form.getInputProps("resend", { type: "checkbox" })}
            />
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose}>
                {c("cancel")}
              </Button>
              <Button type="submit" disabled={emails.length === 0}>
                {t("inviteMany", { count: emails.length })}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

import { Alert, Button, Group, Stack, Table, Text } from "@mantine/core";
import { IconAlertTriangle, IconCheck, IconDownload } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import { line, save } from "~/table/csv";
import { useProblemText } from "~/text/problem";
import type { Outcome } from "./inviteMany";

type Props = { outcomes: readonly Outcome[]; onRetry: (failed: Outcome[]) => void; onClose: () => void };

/** BulkResult tells of each of many whether he was invited and, if not, why; those can be tried again. */
export function BulkResult({ outcomes, onRetry, onClose }: Props) {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  const problemText = useProblemText();
  const failed = outcomes.filter((o) => o.problem);
  const done = outcomes.length - failed.length;
  // Those about whom there is something to do come first.
  const rows = [...failed, ...outcomes.filter((o) => !o.problem)];
  const what = ({ invitation, problem }: Outcome) => {
    if (problem) {
      return problem.code === "stopped" ? t("stopped") : why(problem);
    }
    return invitation?.mailed ? t("wasMailed") : t("wasMade");
  };
  const why = (problem: NonNullable<Outcome["problem"]>) =>
    problem.code === "taken" && problem.body.field === "email"
      ? t("isMember")
      : problem.code === "invalid" && problem.body.field === "email"
        ? t("noAddress")
        : problemText(problem);

  return (
    <Stack>
      <Alert
        color={failed.length > 0 ? "yellow" : "teal"}
        role="status"
        icon={failed.length > 0 ? <IconAlertTriangle aria-hidden /> : <IconCheck aria-hidden />}
      >
        {t("invited", { count: done })} {failed.length > 0 && t("notInvited", { count: failed.length })}
      </Alert>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard */}
      <section tabIndex={0} aria-label={t("results")} style={{ maxHeight: "45vh", overflow: "auto" }}>
        <Table aria-label={t("results")} verticalSpacing="xs">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("email")}</Table.Th>
              <Table.Th>{t("result")}</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {rows.map((o) => (
              <Table.Tr key={o.email}>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{o.email}</Table.Td>
                <Table.Td>
                  <Text size="sm" c={o.problem ? "var(--mantine-color-error)" : undefined}>
                    {what(o)}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </section>
      <Group justify="flex-end" gap="sm">
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          onClick={() =>
            save(
              new Blob(
                [
                  "\uFEFF",
                  line([t("email"), t("result"), t("link")]),
                  ...rows.map((o) => line([o.email, what(o), o.invitation?.link])),
                ],
                { type: "text/csv;charset=utf-8" },
              ),
              "invitations.csv",
            )
          }
        >
          {t("saveResults")}
        </Button>
        {failed.length > 0 && (
          <Button variant="light" onClick={() => onRetry(failed)}>
            {t("retryFailed", { count: failed.length })}
          </Button>
        )}
        <Button onClick={onClose} data-autofocus>
          {c("close")}
        </Button>
      </Group>
    </Stack>
  );
}

import { Alert, Button, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import { problemOf } from "~/api/problem";
import { useProblemText } from "~/text/problem";

/** Failure says, where something should be, why it is not, and offers to try again where that may help. */
export function Failure({ error, retry }: { error: unknown; retry?: () => void }) {
  const t = useTranslations("common");
  const problemText = useProblemText();
  const problem = problemOf(error);
  const again = retry && (problem.status === 0 || problem.status === 429 || problem.status >= 500);
  return (
    <Alert color="red" role="alert" icon={<IconAlertTriangle aria-hidden />} title={t("failed")} ta="left">
      <Stack gap="xs" align="flex-start">
        <Text size="sm">{problemText(problem)}</Text>
        {problem.body.request_id && (
          <Text size="xs" c="dimmed">
            {t("request", { id: problem.body.request_id })}
          </Text>
        )}
        {again && (
          <Button size="xs" variant="default" onClick={retry}>
            {t("retry")}
          </Button>
        )}
      </Stack>
    </Alert>
  );
}

import { Button, Group, Progress, Stack, Text } from "@mantine/core";
import { useTranslations } from "use-intl";

/** BulkProgress shows how many of many are invited, and lets one stop. */
export function BulkProgress({ done, total, onStop }: { done: number; total: number; onStop: () => void }) {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  return (
    <Stack mih={160}>
      <Text role="status">{t("inviting", { done, total })}</Text>
      <Progress value={(100 * done) / total} animated size="lg" aria-label={t("bulk")} />
      <Group justify="flex-end">
        <Button variant="default" onClick={onStop} data-autofocus>
          {c("several.stop")}
        </Button>
      </Group>
    </Stack>
  );
}

import { Button, Group, Stack, Text } from "@mantine/core";
import { IconRestore } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Confirm } from "~/dialog/Confirm";
import { useForget } from "~/session/preferences";
import { useTell } from "~/shell/notices";

/** Tables has all tables be shown as at first, on every machine. */
export function Tables() {
  const t = useTranslations("account");
  const forget = useForget();
  const tell = useTell();
  const [asking, setAsking] = useState(false);
  return (
    <Stack maw={640}>
      <Text>{t("tablesText")}</Text>
      <Group>
        <Button variant="default" leftSection={<IconRestore size={16} aria-hidden />} onClick={() => setAsking(true)}>
          {t("resetTables")}
        </Button>
      </Group>
      {asking && (
        <Confirm
          title={t("resetTablesTitle")}
          act={t("resetTables")}
          danger={false}
          onClose={() => setAsking(false)}
          run={async () => {
            await forget("table.");
            tell.done(t("tablesReset"));
          }}
        >
          {t("resetTablesText")}
        </Confirm>
      )}
    </Stack>
  );
}

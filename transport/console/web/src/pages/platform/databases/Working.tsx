import { Group, Progress, Stack, Text } from "@mantine/core";
import { useEffect, useState } from "react";
import { useFormatter, useTranslations } from "use-intl";

/** useElapsed counts the seconds since something began. */
function useElapsed(): number {
  const [seconds, setSeconds] = useState(0);
  useEffect(() => {
    const began = Date.now();
    const timer = setInterval(() => setSeconds(Math.floor((Date.now() - began) / 1000)), 1000);
    return () => clearInterval(timer);
  }, []);
  return seconds;
}

/**
 * Working is a bar for what takes long: as far as it is where that is known, and otherwise that it goes on, and since
 * when. Who does not see it is told what is done, and not every second again.
 */
export function Working({ what, share }: { what: string; share?: number }) {
  const t = useTranslations("databases");
  const format = useFormatter();
  const seconds = useElapsed();
  const time = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return (
    <Stack gap={6}>
      <Group justify="space-between" gap="sm">
        <Text size="sm" role="status">
          {what}
        </Text>
        <Text size="sm" c="dimmed" style={{ fontVariantNumeric: "tabular-nums" }}>
          {share === undefined ? t("elapsed", { time }) : format.number(share, { style: "percent" })}
        </Text>
      </Group>
      <Progress.Root size="lg">
        <Progress.Section
          value={share === undefined ? 100 : Math.max(1, share * 100)}
          striped={share === undefined}
          animated
          aria-label={what}
          withAria={share !== undefined}
          role="progressbar"
        />
      </Progress.Root>
    </Stack>
  );
}

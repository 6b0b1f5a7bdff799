import { Group, Progress, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconBan, IconCircleCheck, IconInfinity } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { type Unit, useAmount } from "~/text/amount";
import { type Fullness, fullnessOf, partsOf, type Use } from "./share";

type Props = Use & {
  /** What it is of: "Stockage OpenIO". */
  name: string;
  unit?: Unit;
  /** Beside the name, what it is in few words. */
  note?: string;
  /** At the right, what can be done with it. */
  action?: ReactNode;
};

const colors: Record<Fullness, string> = {
  unlimited: "gray",
  fine: "harbour.5",
  near: "orange.6",
  full: "red.6",
  over: "red.8",
};

/**
 * QuotaBar shows how much of something is used and held, and how much there may be. How it stands is said in words and
 * by a sign, never by colour alone.
 */
export function QuotaBar({ name, unit = "count", note, action, use, held = 0, limit }: Props) {
  const t = useTranslations("pools.quota");
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
            {name}
          </Text>
          {note && (
            <Text size="xs" c="dimmed">
              {note}
            </Text>
          )}
        </div>
        {action}
      </Group>
      {unit === "none" ? (
        <Text size="sm" c="dimmed">
          {t("given")}
        </Text>
      ) : (
        <Measure unit={unit} use={use} held={held} limit={limit} />
      )}
    </Stack>
  );
}

/** Measure is the bar itself, and beneath it what it says in words. */
function Measure({ unit = "count", use, held = 0, limit }: Use & { unit?: Unit }) {
  const t = useTranslations("pools.quota");
  const amount = useAmount();
  const format = useFormatter();
  const fullness = fullnessOf({ use, held, limit });
  const parts = partsOf({ use, held, limit });
  return (
    <>
      <Progress.Root size="lg" aria-hidden>
        <Progress.Section value={parts.used} color={colors[fullness]} />
        <Progress.Section value={parts.held} color={colors[fullness]} striped opacity={0.6} />
      </Progress.Root>
      <Group justify="space-between" gap="xs">
        <Text size="sm">
          {limit === null
            ? t("used", { use: amount(use, unit) })
            : t("usedOf", { use: amount(use, unit), limit: amount(limit, unit) })}
          {held > 0 && <> · {t("held", { held: amount(held, unit) })}</>}
          {limit !== null && limit > 0 && <> · {format.number((use + held) / limit, { style: "percent" })}</>}
        </Text>
        <Standing fullness={fullness}>
          {fullness === "over"
            ? t("standing.over", { by: amount(use + held - (limit ?? 0), unit) })
            : fullness === "fine" || fullness === "near"
              ? t(`standing.${fullness}`, { free: amount((limit ?? 0) - use - held, unit) })
              : t(`standing.${fullness}`)}
        </Standing>
      </Group>
    </>
  );
}

const signs = {
  unlimited: IconInfinity,
  fine: IconCircleCheck,
  near: IconAlertTriangle,
  full: IconBan,
  over: IconBan,
} as const;

/** Standing says in a few words, beside a sign, how full something is. */
function Standing({ fullness, children }: { fullness: Fullness; children: ReactNode }) {
  const Sign = signs[fullness];
  const bad = fullness === "full" || fullness === "over";
  return (
    <Group gap={4} wrap="nowrap" c={bad ? "var(--mantine-color-error)" : fullness === "near" ? undefined : "dimmed"}>
      <Sign size={16} aria-hidden style={{ flexShrink: 0 }} />
      <Text size="sm" fw={bad || fullness === "near" ? 600 : undefined}>
        {children}
      </Text>
    </Group>
  );
}

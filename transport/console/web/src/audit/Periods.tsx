import { Chip, Group } from "@mantine/core";
import { useTranslations } from "use-intl";
import { isPeriod, type Period, periods } from "./period";

type Props = {
  period: Period | undefined;
  onPeriod: (period: Period | undefined) => void;
  /** Whether only what happened in no workspace is shown; undefined where all of it is of one. */
  platform: boolean | undefined;
  onPlatform: (only: boolean) => void;
};

/** Periods are what is looked at most, one press each. */
export function Periods({ period, onPeriod, platform, onPlatform }: Props) {
  const t = useTranslations("audit");
  return (
    <Group gap="md">
      <Group gap="xs" role="radiogroup" aria-label={t("period")}>
        <Chip.Group
          value={period ?? "any"}
          onChange={(v) => onPeriod(isPeriod(v as string) ? (v as Period) : undefined)}
        >
          {["any" as const, ...(Object.keys(periods) as Period[])].map((p) => (
            <Chip key={p} value={p} size="sm" variant="light">
              {t(`last.${p}`)}
            </Chip>
          ))}
        </Chip.Group>
      </Group>
      {platform !== undefined && (
        <Chip checked={platform} onChange={onPlatform} size="sm" variant="light">
          {t("platformOnly")}
        </Chip>
      )}
    </Group>
  );
}

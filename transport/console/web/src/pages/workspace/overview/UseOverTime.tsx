import { Select, Skeleton } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { Card } from "~/chart/Card";
import { HistoryChart } from "~/quota/HistoryChart";
import { usePoolName, useSlotName } from "~/quota/names";
import { useShares } from "~/quota/Shares";
import { shareId } from "~/quota/share";
import type { Workspace } from "../workspace";

/** UseOverTime draws how much of a share was used. */
export function UseOverTime({ workspace }: { workspace: Workspace }) {
  const t = useTranslations("overview");
  const poolName = usePoolName();
  const slotName = useSlotName();
  const { shares } = useShares(workspace.id);
  const [chosen, setChosen] = useState<string | null>(null);
  const drawn = shares?.filter((s) => s.id && s.pool.unit !== "none") ?? [];
  const share = drawn.find((s) => shareId(s) === chosen) ?? drawn[0];
  if (shares && !share) {
    return null; // there is nothing to draw
  }
  return (
    <Card title={t("history.title")}>
      {share ? (
        <HistoryChart of={{ pool: share.pool, share: { workspace: workspace.id, slot: share.slot } }}>
          <Select
            flex="1 1 14rem"
            label={t("history.share")}
            allowDeselect={false}
            data={drawn.map((s) => ({
              value: shareId(s),
              label: [poolName(s.pool), slotName(s.slot)].filter(Boolean).join(" – "),
            }))}
            value={shareId(share)}
            onChange={setChosen}
          />
        </HistoryChart>
      ) : (
        <Skeleton height={360} />
      )}
    </Card>
  );
}

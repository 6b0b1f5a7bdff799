import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { useTell } from "~/shell/notices";
import { useAmount } from "~/text/amount";
import { LimitDialog } from "./LimitDialog";
import { usePoolName, useSlotName } from "./names";
import type { Allocation } from "./share";

type ShareProps = { workspace: { id: string; name: string }; share: Allocation; onClose: () => void };

/** ChangeShare changes how much of a facility a workspace may use. */
export function ChangeShare({ workspace, share, onClose }: ShareProps) {
  const t = useTranslations("pools");
  const c = useTranslations("common");
  const poolName = usePoolName();
  const changed = useChanged();
  const tell = useTell();
  return (
    <LimitDialog
      title={t("share.changeOf", { pool: poolName(share.pool), workspace: workspace.name })}
      label={t("give.limit")}
      unit={share.pool.unit}
      now={share}
      onClose={onClose}
      send={async (limit) => {
        await api.PUT("/workspaces/{workspace}/allocations/{pool}", {
          params: {
            path: { workspace: workspace.id, pool: share.pool.id },
            query: share.slot ? { slot: share.slot } : {},
          },
          body: { limit },
        });
        await changed("/workspaces/{workspace}/allocations", "/pools", "/pools/{pool}");
        tell.done(c("saved"));
      }}
    />
  );
}

/** TakeShare takes a share away of which nothing is used. */
export function TakeShare({ workspace, share, onClose }: ShareProps) {
  const t = useTranslations("pools");
  const poolName = usePoolName();
  const slotName = useSlotName();
  const amount = useAmount();
  const changed = useChanged();
  const tell = useTell();
  const name = [poolName(share.pool), slotName(share.slot)].filter(Boolean).join(", ");
  return (
    <Confirm
      title={t("share.takeOf", { pool: name })}
      act={t("share.take")}
      goes={[
        share.limit === null
          ? t("share.goesUnlimited", { pool: name, workspace: workspace.name })
          : t("share.goes", { pool: name, workspace: workspace.name, limit: amount(share.limit, share.pool.unit) }),
      ]}
      onClose={onClose}
      run={async () => {
        await api.DELETE("/workspaces/{workspace}/allocations/{pool}", {
          params: {
            path: { workspace: workspace.id, pool: share.pool.id },
            query: share.slot ? { slot: share.slot } : {},
          },
        });
        await changed("/workspaces/{workspace}/allocations", "/pools", "/pools/{pool}");
        tell.done(t("share.taken"));
      }}
    >
      <Text size="sm">
        {share.use + share.held > 0
          ? t("share.inUse", { use: amount(share.use + share.held, share.pool.unit) })
          : t("share.takeText", { workspace: workspace.name })}
      </Text>
    </Confirm>
  );
}

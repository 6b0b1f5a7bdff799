import { Button, Skeleton, Stack } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api } from "~/api/client";
import { LimitDialog } from "~/quota/LimitDialog";
import { usePoolName } from "~/quota/names";
import { QuotaBar } from "~/quota/QuotaBar";
import { type Allocation, shareId } from "~/quota/share";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import { fullName } from "~/text/person";
import type { User } from "./user";

/** UserShares is how many keys and how many bytes of documents a user may have. */
export function UserShares({ user, manages }: { user: User; manages: boolean }) {
  const t = useTranslations("users");
  const c = useTranslations("common");
  const poolName = usePoolName();
  const changed = useChanged();
  const tell = useTell();
  const [changing, setChanging] = useState<Allocation>();
  const { data, error, refetch } = $api.useQuery("get", "/users/{user}/allocations", {
    params: { path: { user: user.id } },
  });
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  return (
    <Stack>
      {!data && [0, 1].map((i) => <Skeleton key={i} height={66} />)}
      {data?.items.map((share) => (
        <QuotaBar
          key={shareId(share)}
          name={poolName(share.pool)}
          unit={share.pool.unit}
          use={share.use}
          held={share.held}
          limit={share.limit}
          action={
            manages && (
              <Button
                size="xs"
                variant="default"
                aria-label={t("changeShareOf", { pool: poolName(share.pool) })}
                onClick={() => setChanging(share)}
              >
                {t("changeShare")}
              </Button>
            )
          }
        />
      ))}
      {changing && (
        <LimitDialog
          title={t("shareOf", { pool: poolName(changing.pool), name: fullName(user) })}
          label={t("limit")}
          unit={changing.pool.unit}
          now={changing}
          onClose={() => setChanging(undefined)}
          send={async (limit) => {
            await api.PUT("/users/{user}/allocations/{pool}", {
              params: { path: { user: user.id, pool: changing.pool.id } },
              body: { limit },
            });
            await changed("/users/{user}/allocations");
            tell.done(c("saved"));
          }}
        />
      )}
    </Stack>
  );
}

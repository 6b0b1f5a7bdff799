import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { useKindName } from "~/quota/names";
import { useTell } from "~/shell/notices";
import type { Pool } from "./Pools";

type Props = { pool: Pool; onClose: () => void; onDeleted?: () => Promise<void> };

/** DeletePool deletes a facility that nobody has a share of. */
export function DeletePool({ pool, onClose, onDeleted }: Props) {
  const t = useTranslations("pools");
  const kindName = useKindName();
  const changed = useChanged();
  const tell = useTell();
  return (
    <Confirm
      title={t("deleteOf", { name: pool.name })}
      act={t("deleteAct")}
      name={pool.name}
      goes={[t("deleteGoes", { name: pool.name, kind: kindName(pool.kind) })]}
      onClose={onClose}
      run={async () => {
        await api.DELETE("/pools/{pool}", { params: { path: { pool: pool.id } } });
        await onDeleted?.();
        await changed("/pools");
        tell.done(t("deleted", { name: pool.name }));
      }}
    >
      <Text size="sm">{t("deleteText")}</Text>
    </Confirm>
  );
}

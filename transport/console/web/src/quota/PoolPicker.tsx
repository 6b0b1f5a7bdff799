import { keepPreviousData } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Finder, type PickerProps, useFinder } from "~/field/Finder";
import { useAmount } from "~/text/amount";
import { isBuiltin, useKindName } from "./names";

type Pool = Schemas["Pool"];

/** PoolPicker finds a facility that can be given, by its name. */
export function PoolPicker(props: PickerProps<Pool>) {
  const t = useTranslations("pools");
  const kindName = useKindName();
  const amount = useAmount();
  const used = ({ use, capacity, unit }: Pool) =>
    capacity === null
      ? t("quota.used", { use: amount(use, unit) })
      : t("quota.usedOf", { use: amount(use, unit), limit: amount(capacity, unit) });
  const finder = useFinder<Pool>((p) => p.name);
  const { data, isFetching } = $api.useQuery(
    "get",
    "/pools",
    { params: { query: { q: finder.q, limit: 100, sort: "name" } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Finder
      {...props}
      required
      finder={finder}
      found={(data?.items ?? []).filter((p) => !isBuiltin(p))}
      busy={isFetching}
      id={(p) => p.id}
      detail={(p) => [kindName(p.kind), p.type, used(p)].filter(Boolean).join(" · ")}
      nothing={t("noneFound")}
    />
  );
}

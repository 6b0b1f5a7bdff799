import { keepPreviousData } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Finder, type PickerProps, useFinder } from "~/field/Finder";

/** WorkspacePicker finds a workspace by its name. */
export function WorkspacePicker(props: PickerProps<Schemas["Workspace"]>) {
  const t = useTranslations("pools");
  const finder = useFinder<Schemas["Workspace"]>((w) => w.name);
  const { data, isFetching } = $api.useQuery(
    "get",
    "/workspaces",
    { params: { query: { q: finder.q, limit: 50, sort: "name" } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Finder
      {...props}
      required
      finder={finder}
      found={data?.items ?? []}
      busy={isFetching}
      id={(w) => w.id}
      detail={(w) => w.technical_name}
      nothing={t("noneFound")}
    />
  );
}

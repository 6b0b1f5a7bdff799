import { keepPreviousData } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Finder, type PickerProps, useFinder } from "~/field/Finder";
import { clearButton } from "./clear";

type Props = PickerProps<Schemas["Organization"]> & { required?: boolean };

/** OrganizationPicker finds one of the organizations that the reader sees, by its name, or none where none is required. */
export function OrganizationPicker({ required, ...props }: Props) {
  const t = useTranslations("organizations");
  const finder = useFinder<Schemas["Organization"]>((o) => o.name);
  const { data, isFetching } = $api.useQuery(
    "get",
    "/organizations",
    { params: { query: { q: finder.q, limit: 50, sort: "name" } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Finder
      {...props}
      required={required}
      finder={finder}
      found={data?.items ?? []}
      busy={isFetching}
      id={(o) => o.id}
      nothing={t("noneFound")}
      clear={required ? undefined : clearButton(t("unchoose"))}
    />
  );
}

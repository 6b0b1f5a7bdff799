import { keepPreviousData } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Finder, type PickerProps, useFinder } from "~/field/Finder";
import { clearButton } from "../organizations/clear";

type Props = PickerProps<string> & {
  /** The identifier of the organization that it is one of. */
  organization: string;
  required?: boolean;
};

/** DatabasePicker finds one of the databases of an organization by its name, or none where none is required. */
export function DatabasePicker({ organization, required, ...props }: Props) {
  const t = useTranslations("databases");
  const finder = useFinder<string>((name) => name, props.value ?? undefined);
  const { data, isFetching } = $api.useQuery(
    "get",
    "/databases",
    { params: { query: { organization, q: finder.q, limit: 50, sort: "name" } } },
    { placeholderData: keepPreviousData },
  );
  return (
    <Finder
      {...props}
      required={required}
      finder={finder}
      found={data?.items.map(({ name }) => name) ?? []}
      busy={isFetching}
      id={(name) => name}
      nothing={finder.q ? t("noneFound") : t("none")}
      clear={required ? undefined : clearButton(t("useNone"))}
    />
  );
}

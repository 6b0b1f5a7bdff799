import { keepPreviousData } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Finder, type PickerProps, useFinder } from "~/field/Finder";
import { useMay } from "~/session/may";
import { useUser } from "~/session/SessionProvider";
import { fullName, listedName } from "~/text/person";

type Person = Schemas["Person"];

type Props = PickerProps<Person> & {
  /**
   * The organization whose administrators are offered to who may not list everybody. Without, he is offered himself.
   */
  organization?: string | null;
};

/** usePeople finds people by what somebody writes: anybody, for who may list users; those whom he sees otherwise. */
function usePeople(q: string | undefined, organization: string | null | undefined) {
  const me = useUser();
  const all = useMay(0, ["platform.manage_users"])("platform.manage_users");
  const query = { q, limit: 30, sort: "name" };
  const users = $api.useQuery(
    "get",
    "/users",
    { params: { query: { ...query, disabled: false } } },
    { enabled: all, placeholderData: keepPreviousData },
  );
  const near = $api.useQuery(
    "get",
    "/organizations/{organization}/administrators",
    { params: { path: { organization: organization ?? "" }, query: { ...query, disabled: false } } },
    { enabled: !all && Boolean(organization), placeholderData: keepPreviousData },
  );
  const people: Person[] = all ? (users.data?.items ?? []) : (near.data?.items ?? []);
  const others = people.filter((p) => p.id !== me.id);
  const mine = `${me.username} ${me.email} ${fullName(me)}`.toLowerCase().includes((q ?? "").toLowerCase());
  return { found: mine ? [me, ...others] : others, busy: users.isFetching || near.isFetching };
}

/** UserPicker finds one person by name, username or e-mail. */
export function UserPicker({ organization, ...props }: Props) {
  const t = useTranslations("users");
  const finder = useFinder<Person>(listedName);
  const { found, busy } = usePeople(finder.q, organization);
  return (
    <Finder
      {...props}
      required
      finder={finder}
      found={found}
      busy={busy}
      id={(p) => p.id}
      detail={(p) => `${p.username} · ${p.email}`}
      nothing={t("nobodyFound")}
    />
  );
}

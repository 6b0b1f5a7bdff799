import { keepPreviousData } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Finder, type PickerProps, useFinder } from "~/field/Finder";
import { useRoleNames } from "~/text/words";
import { useWorkspace } from "../workspace";

type Member = Schemas["Member"];

/** MemberPicker finds one of the people of a workspace, besides its supervisor, by name, username or e-mail. */
export function MemberPicker(props: PickerProps<Member>) {
  const t = useTranslations("settings");
  const { workspace } = useWorkspace();
  const roleNames = useRoleNames();
  const finder = useFinder<Member>((m) => m.name);
  const { data, isFetching } = $api.useQuery(
    "get",
    "/workspaces/{workspace}/members",
    {
      params: {
        path: { workspace: workspace.id },
        query: { q: finder.q, kind: "user", suspended: false, limit: 50, sort: "name" },
      },
    },
    { placeholderData: keepPreviousData },
  );
  return (
    <Finder
      {...props}
      required
      finder={finder}
      found={(data?.items ?? []).filter((m) => m.user && !m.supervisor)}
      busy={isFetching}
      id={(m) => m.user?.id ?? ""}
      detail={(m) => [m.email, roleNames(m.roles)].filter(Boolean).join(" · ")}
      nothing={t("supervisor.nobody")}
    />
  );
}

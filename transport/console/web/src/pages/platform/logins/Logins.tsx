import { SimpleGrid, Stack } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { Card } from "~/chart/Card";
import { Failure } from "~/shell/Failure";
import { Page } from "~/shell/Page";
import { Course } from "./Course";
import { LoginFilters } from "./LoginFilters";
import { LoginTable } from "./LoginTable";
import { useLogins } from "./logins";
import { PeopleTable } from "./PeopleTable";
import { periodOf } from "./period";
import { Totals } from "./Totals";

/** Logins is how many logins there were, with which clients and into which workspaces, and how many people came. */
export default function Logins() {
  const t = useTranslations("users");
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<"from" | "to" | "client" | "workspace", string | undefined>;
  const period = periodOf(search.from, search.to);
  const narrowed = { client: search.client, workspace: search.workspace };
  const logins = useLogins(period, narrowed);
  const query = { ...period, ...narrowed };
  return (
    <Page title={t("logins")} text={t("loginsText")}>
      <Stack gap="lg">
        <LoginFilters
          period={period}
          narrowed={narrowed}
          set={(changes) =>
            void navigate({ to: ".", search: ((was: object) => ({ ...was, ...changes })) as never, replace: true })
          }
        />
        {logins.error ? (
          <Failure error={logins.error} retry={() => void logins.refetch()} />
        ) : (
          <Totals rows={logins.data} />
        )}
        <Card title={t("course")}>
          <Course period={period} narrowed={narrowed} />
        </Card>
        <SimpleGrid cols={{ base: 1, lg: 2 }} spacing="lg">
          <Card title={t("byWorkspace")}>
            <LoginTable query={query} />
          </Card>
          <Card title={t("people")}>
            <PeopleTable query={query} />
          </Card>
        </SimpleGrid>
      </Stack>
    </Page>
  );
}

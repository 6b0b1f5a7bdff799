import { Tabs } from "@mantine/core";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { KeyTable } from "~/pages/workspace/keys/KeyTable";
import { Page } from "~/shell/Page";
import { Password } from "./Password";
import { Profile } from "./Profile";
import { Sessions } from "./Sessions";
import { Tables } from "./Tables";

const tabs = ["profile", "password", "sessions", "keys", "tables"] as const;
type Tab = (typeof tabs)[number];

/** Account is what concerns the reader alone: who he is, how he signs in, where he is signed in, and his own keys. */
export default function Account() {
  const t = useTranslations("account");
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { tab?: string };
  const tab: Tab = tabs.find((known) => known === search.tab) ?? "profile";
  return (
    <Page title={t("title")}>
      <Tabs
        value={tab}
        keepMounted={false}
        onChange={(next) => {
          // What narrows one table down is of no use to another.
          void navigate({ to: ".", search: { tab: next === "profile" ? undefined : (next ?? undefined) } as never });
        }}
      >
        <Tabs.List mb="md">
          {tabs.map((value) => (
            <Tabs.Tab key={value} value={value}>
              {t(`tab.${value}`)}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="profile">
          <Profile />
        </Tabs.Panel>
        <Tabs.Panel value="password">
          <Password />
        </Tabs.Panel>
        <Tabs.Panel value="sessions">
          <Sessions />
        </Tabs.Panel>
        <Tabs.Panel value="keys">
          <KeyTable manages />
        </Tabs.Panel>
        <Tabs.Panel value="tables">
          <Tables />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

import { Alert, Anchor, Badge, Button, Group, Menu, SimpleGrid, Stack } from "@mantine/core";
import {
  IconChevronDown,
  IconEdit,
  IconLockPassword,
  IconLogout,
  IconTrash,
  IconUserCheck,
  IconUserOff,
} from "@tabler/icons-react";
import { Link, useNavigate, useParams } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Card } from "~/chart/Card";
import { UserDepartureDialog } from "~/departure/UserDepartureDialog";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import { useMay } from "~/session/may";
import { useUser } from "~/session/SessionProvider";
import { Failure } from "~/shell/Failure";
import { Page } from "~/shell/Page";
import { Waiting } from "~/shell/Waiting";
import { fullName } from "~/text/person";
import { Time } from "~/text/Time";
import { useLanguageName } from "../organizations/mail/words";
import { Kick } from "./Kick";
import { SetPassword } from "./SetPassword";
import { SwitchUser } from "./SwitchUser";
import { UserForm } from "./UserForm";
import { UserSessions } from "./UserSessions";
import { UserShares } from "./UserShares";
import { UserWorkspaces } from "./UserWorkspaces";
import type { User } from "./user";

type Dialog = "modify" | "password" | "switch" | "kick" | "delete";

/** UserPage is one user: who he is, what he belongs to, and where he is signed in. */
export default function UserPage() {
  const t = useTranslations("users");
  const { user: id } = useParams({ strict: false }) as { user: string };
  const { data: user, error, refetch } = $api.useQuery("get", "/users/{user}", { params: { path: { user: id } } });
  if (error) {
    return (
      <Page title={t("user")}>
        <Failure error={error} retry={() => void refetch()} />
        <Anchor component={Link} to="/platform/users">
          {t("toAll")}
        </Anchor>
      </Page>
    );
  }
  return user ? <Shown user={user} /> : <Waiting />;
}

function Shown({ user }: { user: User }) {
  const t = useTranslations("users");
  const navigate = useNavigate();
  const me = useUser();
  const languageName = useLanguageName();
  const may = useMay(0, ["platform.manage_users", "platform.administer"]);
  const [opened, setOpened] = useState<Dialog>();
  const close = () => setOpened(undefined);
  const own = user.id === me.id;
  const administers = may("platform.administer");
  const above = user.administrator && !administers; // only administrators touch administrators
  return (
    <Page
      title={fullName(user)}
      of={t("title")}
      text={user.username}
      actions={
        may("platform.manage_users") && (
          <>
            <Button leftSection={<IconEdit size={16} aria-hidden />} onClick={() => setOpened("modify")}>
              {t("modify")}
            </Button>
            <Menu position="bottom-end" shadow="md">
              <Menu.Target>
                <Button variant="default" rightSection={<IconChevronDown size={16} aria-hidden />}>
                  {t("more")}
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                {(administers || own) && (
                  <Menu.Item
                    leftSection={<IconLockPassword size={16} aria-hidden />}
                    onClick={() => setOpened("password")}
                  >
                    {t("setPassword")}
                  </Menu.Item>
                )}
                <Menu.Item
                  leftSection={<IconLogout size={16} aria-hidden />}
                  disabled={above}
                  onClick={() => setOpened("kick")}
                >
                  {t("kick")}
                </Menu.Item>
                {!own && (
                  <Menu.Item
                    leftSection={
                      user.disabled ? <IconUserCheck size={16} aria-hidden /> : <IconUserOff size={16} aria-hidden />
                    }
                    color={user.disabled ? undefined : "red"}
                    disabled={above}
                    onClick={() => setOpened("switch")}
                  >
                    {t(user.disabled ? "enable" : "disable")}
                  </Menu.Item>
                )}
                {administers && !own && (
                  <>
                    <Menu.Divider />
                    <Menu.Item
                      color="red"
                      leftSection={<IconTrash size={16} aria-hidden />}
                      onClick={() => setOpened("delete")}
                    >
                      {t("delete")}
                    </Menu.Item>
                  </>
                )}
              </Menu.Dropdown>
            </Menu>
          </>
        )
      }
    >
      <Stack gap="lg">
        {user.disabled && (
          <Alert color="yellow" icon={<IconUserOff aria-hidden />} title={t("isDisabled")}>
            {t("isDisabledText")}
          </Alert>
        )}
        <SimpleGrid cols={{ base: 1, md: 2 }} spacing="lg" style={{ alignItems: "start" }}>
          <Card title={t("who")}>
            <Group gap="xs">
              <Badge variant="default" tt="none">
                {t(user.technical ? "service" : "person")}
              </Badge>
              {user.administrator && (
                <Badge variant="default" tt="none">
                  {t("isAdministrator")}
                </Badge>
              )}
              <Badge variant="default" tt="none">
                {t(user.disabled ? "disabled" : "active")}
              </Badge>
            </Group>
            <Facts
              of={[
                [t("name"), fullName(user)],
                [t("username"), user.username],
                [t("email"), user.email],
                [t("language"), languageName(user.language)],
                [t("lastLogin"), user.last_login ? <Time key="login" at={user.last_login} /> : t("never")],
                [t("lastCall"), user.last_call ? <Time key="call" at={user.last_call} /> : t("never")],
                [t("created"), <Time key="created" at={user.created} />],
              ]}
            />
            <CopyField label={t("identifier")} value={user.id} />
          </Card>
          <Card title={t("shares")}>
            <UserShares user={user} manages={may("platform.manage_users")} />
          </Card>
        </SimpleGrid>
        <Card title={t("workspaces")}>
          <UserWorkspaces user={user} />
        </Card>
        <Card title={t("sessions")}>
          <UserSessions user={user} />
        </Card>
      </Stack>
      {opened === "modify" && <UserForm user={user} onClose={close} />}
      {opened === "password" && <SetPassword user={user} onClose={close} />}
      {opened === "switch" && <SwitchUser user={user} onClose={close} />}
      {opened === "kick" && <Kick user={user} onClose={close} />}
      {opened === "delete" && (
        <UserDepartureDialog
          user={user}
          onClose={close}
          onGone={() => navigate({ to: "/platform/users", replace: true })}
        />
      )}
    </Page>
  );
}

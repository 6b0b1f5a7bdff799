import { Paper, SimpleGrid, Skeleton, Text, UnstyledButton } from "@mantine/core";
import { IconAddressBook, IconBuilding, IconFolders, IconGauge } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import type { ComponentType, CSSProperties } from "react";
import { useFormatter, useTranslations } from "use-intl";
import { $api } from "~/api/client";

const one = { params: { query: { limit: 1 } } };

/** PlatformCounts is how many there are of everything, each number leading to what it counts. */
export function PlatformCounts() {
  const t = useTranslations("home");
  const organizations = $api.useQuery("get", "/organizations", one).data?.total;
  const workspaces = $api.useQuery("get", "/workspaces", one).data?.total;
  const users = $api.useQuery("get", "/users", one).data?.total;
  const pools = $api.useQuery("get", "/pools", one).data?.total;
  return (
    <SimpleGrid component="nav" aria-label={t("platform")} cols={{ base: 2, md: 4 }} spacing="md">
      <Count label={t("counts.organizations")} to="/platform/organizations" count={organizations} icon={IconBuilding} />
      <Count label={t("counts.workspaces")} to="/platform/workspaces" count={workspaces} icon={IconFolders} />
      <Count label={t("counts.users")} to="/platform/users" count={users} icon={IconAddressBook} />
      <Count label={t("counts.pools")} to="/platform/pools" count={pools} icon={IconGauge} />
    </SimpleGrid>
  );
}

type Props = {
  label: string;
  to: string;
  count: number | undefined;
  icon: ComponentType<{ size?: number; "aria-hidden"?: boolean; style?: CSSProperties }>;
};

function Count({ label, to, count, icon: Icon }: Props) {
  const format = useFormatter();
  return (
    <Paper withBorder p="sm">
      <UnstyledButton component={Link} to={to} display="block" style={{ overflowWrap: "anywhere" }}>
        <Text size="sm" c="dimmed" display="flex" style={{ alignItems: "center", gap: 6 }}>
          <Icon size={16} aria-hidden style={{ flexShrink: 0 }} />
          {label}
        </Text>
        {count === undefined ? (
          <Skeleton height={31} width={48} mt={4} />
        ) : (
          <Text size="xl" fw={700}>
            {format.number(count)}
          </Text>
        )}
      </UnstyledButton>
    </Paper>
  );
}

import { Anchor, Button, Group, Progress, Stack, Table, Text, VisuallyHidden } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { useSlotName } from "~/quota/names";
import { QuotaBar } from "~/quota/QuotaBar";
import { ChangeShare, TakeShare } from "~/quota/ShareDialogs";
import { ShareMenu } from "~/quota/Shares";
import { Failure } from "~/shell/Failure";
import type { Pool } from "./Pools";
import { type PoolShare, usePoolShares } from "./usePoolShares";

/** Up to how many workspaces are looked through without being asked to. */
const few = 100;

type Props = { pool: Pool; gives: boolean; again: number };
type Opened = PoolShare & { dialog: "change" | "take" };

/** PoolShares are the workspaces that have a share of a facility. The server lists them by workspace alone. */
export function PoolShares({ pool, gives, again }: Props) {
  const t = useTranslations("pools");
  const slotName = useSlotName();
  const { found, look, stop } = usePoolShares(pool.id);
  const [opened, setOpened] = useState<Opened>();
  const total = $api.useQuery("get", "/workspaces", { params: { query: { limit: 1 } } }).data?.total;

  useEffect(() => {
    if (total !== undefined && (total <= few || again > 0)) {
      void look();
    }
  }, [total, again, look]);

  const close = () => {
    setOpened(undefined);
    void look();
  };
  if (!found) {
    return (
      <Group gap="sm" mih={72}>
        {total !== undefined && total > few && (
          <Button variant="default" leftSection={<IconSearch size={16} aria-hidden />} onClick={() => void look()}>
            {t("shares.look", { count: total })}
          </Button>
        )}
      </Group>
    );
  }
  return (
    <Stack gap="sm">
      {found.running && (
        <Group gap="sm" wrap="nowrap">
          <Progress
            flex={1}
            value={found.total ? (100 * found.looked) / found.total : 0}
            aria-label={t("shares.looking")}
          />
          <Text size="sm" c="dimmed" role="status">
            {t("shares.progress", { done: found.looked, total: found.total ?? 0 })}
          </Text>
          <Button size="xs" variant="default" onClick={stop}>
            {t("shares.stop")}
          </Button>
        </Group>
      )}
      {found.error !== undefined && <Failure error={found.error} retry={() => void look()} />}
      {!found.running && found.error === undefined && found.shares.length === 0 && (
        <Text size="sm" c="dimmed">
          {t("shares.none")}
        </Text>
      )}
      {found.shares.length > 0 && (
        <Table.ScrollContainer minWidth={480}>
          <Table aria-label={t("shares.title")} verticalSpacing="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th w="35%">{t("give.workspace")}</Table.Th>
                <Table.Th>{t("use")}</Table.Th>
                {gives && (
                  <Table.Th w={48}>
                    <VisuallyHidden>{t("shares.actions")}</VisuallyHidden>
                  </Table.Th>
                )}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {found.shares.map((row) => (
                <Table.Tr key={`${row.workspace.id}/${row.share.slot}`}>
                  <Table.Td style={{ overflowWrap: "anywhere", verticalAlign: "top" }}>
                    <Anchor component={Link} to={`/workspaces/${row.workspace.id}`} size="sm">
                      {row.workspace.name}
                    </Anchor>
                    {!row.workspace.active && (
                      <Text size="xs" c="dimmed">
                        {t("shares.inactive")}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>
                    <QuotaBar
                      name={slotName(row.share.slot) || t("shares.share")}
                      unit={pool.unit}
                      use={row.share.use}
                      held={row.share.held}
                      limit={row.share.limit}
                    />
                  </Table.Td>
                  {gives && (
                    <Table.Td style={{ verticalAlign: "top" }}>
                      <ShareMenu
                        share={row.share}
                        name={row.workspace.name}
                        onChange={() => setOpened({ ...row, dialog: "change" })}
                        onTake={() => setOpened({ ...row, dialog: "take" })}
                      />
                    </Table.Td>
                  )}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {opened?.dialog === "change" && <ChangeShare workspace={opened.workspace} share={opened.share} onClose={close} />}
      {opened?.dialog === "take" && <TakeShare workspace={opened.workspace} share={opened.share} onClose={close} />}
    </Stack>
  );
}

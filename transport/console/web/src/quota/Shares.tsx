import {
  ActionIcon,
  Button,
  Group,
  Menu,
  SimpleGrid,
  type SimpleGridProps,
  Skeleton,
  Stack,
  Text,
} from "@mantine/core";
import { IconDots, IconEdit, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Failure } from "~/shell/Failure";
import { GiveShare } from "./GiveShare";
import { usePoolName, useSlotName } from "./names";
import { QuotaBar } from "./QuotaBar";
import { ChangeShare, TakeShare } from "./ShareDialogs";
import { type Allocation, fullnessOf, shareId } from "./share";

type Named = { id: string; name: string };
type Opened = { dialog: "give" } | { dialog: "change" | "take"; share: Allocation };

const urgency = { over: 0, full: 1, near: 2, fine: 3, unlimited: 3 };

/** useShares reads what a workspace was given: the fullest first, then what is used at all, then by name. */
export function useShares(workspace: string) {
  const query = $api.useQuery("get", "/workspaces/{workspace}/allocations", {
    params: { path: { workspace }, query: { limit: 200, sort: "pool" } },
  });
  const rank = (a: Allocation) => (a.pool.unit === "none" ? 5 : urgency[fullnessOf(a)] + (a.use > 0 ? 0 : 0.5));
  const shares = query.data && [...query.data.items].sort((a, b) => rank(a) - rank(b));
  return { ...query, shares };
}

type Props = {
  workspace: Named;
  /** Whoever gives shares changes them and takes them away here too. */
  gives: boolean;
  /** How many are shown before somebody asks for all. */
  few?: number;
  cols?: SimpleGridProps["cols"];
};

/** Shares are what a workspace was given, each as a bar. */
export function Shares({ workspace, gives, few = 12, cols = { base: 1, md: 2, xl: 3 } }: Props) {
  const t = useTranslations("pools");
  const { shares, error, refetch } = useShares(workspace.id);
  const [all, setAll] = useState(false);
  const [opened, setOpened] = useState<Opened>();
  const close = () => setOpened(undefined);
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  return (
    <Stack gap="md">
      {shares?.length === 0 && (
        <Text size="sm" c="dimmed">
          {t(gives ? "share.noneGive" : "share.none")}
        </Text>
      )}
      <SimpleGrid cols={cols} spacing="xl" verticalSpacing="lg">
        {!shares && <Skeleton height={60} />}
        {shares?.slice(0, all ? undefined : few).map((share) => (
          <Share key={shareId(share)} share={share} gives={gives} open={setOpened} />
        ))}
      </SimpleGrid>
      <Group gap="sm">
        {gives && (
          <Button
            variant="default"
            size="xs"
            leftSection={<IconPlus size={16} aria-hidden />}
            onClick={() => setOpened({ dialog: "give" })}
          >
            {t("give.open")}
          </Button>
        )}
        {shares && shares.length > few && (
          <Button variant="subtle" size="xs" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? t("share.fewer") : t("share.all", { count: shares.length })}
          </Button>
        )}
      </Group>
      {opened?.dialog === "give" && <GiveShare workspace={workspace} onClose={close} />}
      {opened?.dialog === "change" && <ChangeShare workspace={workspace} share={opened.share} onClose={close} />}
      {opened?.dialog === "take" && <TakeShare workspace={workspace} share={opened.share} onClose={close} />}
    </Stack>
  );
}

function Share({ share, gives, open }: { share: Allocation; gives: boolean; open: (opened: Opened) => void }) {
  const poolName = usePoolName();
  const slotName = useSlotName();
  const name = poolName(share.pool);
  return (
    <QuotaBar
      name={name}
      note={share.slot && slotName(share.slot)}
      unit={share.pool.unit}
      use={share.use}
      held={share.held}
      limit={share.limit}
      action={
        gives &&
        share.id && (
          <ShareMenu
            share={share}
            name={[name, slotName(share.slot)].filter(Boolean).join(", ")}
            onChange={() => open({ dialog: "change", share })}
            onTake={() => open({ dialog: "take", share })}
          />
        )
      }
    />
  );
}

type MenuProps = { share: Allocation; name: string; onChange: () => void; onTake: () => void };

/** ShareMenu is what can be done with a share. */
export function ShareMenu({ share, name, onChange, onTake }: MenuProps) {
  const t = useTranslations("pools");
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={t("share.actionsOf", { name })}>
          <IconDots size={18} aria-hidden />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {share.pool.unit !== "none" && (
          <Menu.Item leftSection={<IconEdit size={16} aria-hidden />} onClick={onChange}>
            {t("share.change")}
          </Menu.Item>
        )}
        <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={onTake}>
          {t("share.take")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

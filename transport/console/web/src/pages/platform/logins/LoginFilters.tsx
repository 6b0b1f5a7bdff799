import { Button, Group, Select, TextInput } from "@mantine/core";
import { useTranslations } from "use-intl";
import { clearButton } from "~/pages/platform/organizations/clear";
import type { Narrowed } from "./logins";
import { useLogins } from "./logins";
import { daysOf, isDay, lastDays, type Period } from "./period";
import { useClientName } from "./words";

type Changes = Partial<Period & { client: string | undefined; workspace: string | undefined }>;
type Props = { period: Period; narrowed: Narrowed; set: (changes: Changes) => void };

const spans = [7, 30, 90, 365] as const;

/** LoginFilters are the days, the type of client and the workspace that logins are counted of. */
export function LoginFilters({ period, narrowed, set }: Props) {
  const t = useTranslations("users");
  const clientName = useClientName();
  // What there is to choose from is what there was in the period.
  const { data = [] } = useLogins(period, {});
  const clients = [...new Set([...data.map((r) => r.client), ...(narrowed.client ? [narrowed.client] : [])])].sort();
  const names = new Map(data.map((r) => [r.workspace.id, r.workspace.name]));
  if (narrowed.workspace && !names.has(narrowed.workspace)) {
    names.set(narrowed.workspace, narrowed.workspace);
  }
  const today = lastDays(1).to;
  return (
    <Group align="flex-end" gap="sm">
      <TextInput
        type="date"
        label={t("from")}
        value={period.from}
        max={period.to}
        onChange={({ currentTarget: { value } }) => isDay(value) && set({ from: value, to: period.to })}
      />
      <TextInput
        type="date"
        label={t("to")}
        value={period.to}
        min={period.from}
        max={today}
        onChange={({ currentTarget: { value } }) => isDay(value) && set({ from: period.from, to: value })}
      />
      <Group gap={4}>
        {spans.map((days) => {
          const active = period.to === today && daysOf(period) === days;
          return (
            <Button
              key={days}
              variant={active ? "filled" : "default"}
              aria-pressed={active}
              px="sm"
              onClick={() => set(lastDays(days))}
            >
              {t("lastDays", { days })}
            </Button>
          );
        })}
      </Group>
      <Select
        label={t("client")}
        placeholder={t("allClients")}
        clearable
        clearButtonProps={clearButton(t("allClients"))}
        data={clients.map((value) => ({ value, label: clientName(value) }))}
        value={narrowed.client ?? null}
        onChange={(client) => set({ client: client ?? undefined })}
      />
      <Select
        label={t("workspace")}
        placeholder={t("allWorkspaces")}
        clearable
        searchable
        clearButtonProps={clearButton(t("allWorkspaces"))}
        data={[...names].map(([value, label]) => ({ value, label })).sort((a, b) => a.label.localeCompare(b.label))}
        value={narrowed.workspace ?? null}
        onChange={(workspace) => set({ workspace: workspace ?? undefined })}
      />
    </Group>
  );
}

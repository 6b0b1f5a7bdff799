import { Button, Menu } from "@mantine/core";
import { IconBraces, IconChevronDown, IconDownload, IconTable } from "@tabler/icons-react";
import { useTranslations } from "use-intl";
import { apiBase } from "~/api/client";
import type { Query } from "~/api/list";
import type { Trail } from "./AuditTable";

/** exportAddress is where the server has what a table asks for as a file, all of it, whatever page is shown. */
export function exportAddress({ workspace }: Trail, query: Query, format: "csv" | "jsonl"): string {
  const at = workspace ? `/workspaces/${encodeURIComponent(workspace.id)}/audit/export` : "/audit/export";
  const asked = new URLSearchParams({ format });
  for (const [name, value] of Object.entries(query)) {
    // A file is in one order, and has no pages.
    if (value !== undefined && value !== "" && !["sort", "limit", "cursor", "fields"].includes(name)) {
      asked.set(name, String(value));
    }
  }
  return `${apiBase}${at}?${asked}`;
}

/** ExportMenu saves what is looked for as a file, which the server writes as it reads: also of a million events. */
export function ExportMenu({ workspace, query }: Trail & { query: Query }) {
  const t = useTranslations("audit");
  const files = [
    { format: "csv", label: t("export.csv"), icon: IconTable },
    { format: "jsonl", label: t("export.jsonl"), icon: IconBraces },
  ] as const;
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <Button
          variant="default"
          leftSection={<IconDownload size={16} aria-hidden />}
          rightSection={<IconChevronDown size={14} aria-hidden />}
        >
          {t("export.open")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {files.map(({ format, label, icon: Icon }) => (
          <Menu.Item
            key={format}
            component="a"
            href={exportAddress({ workspace }, query, format)}
            download
            leftSection={<Icon size={16} aria-hidden />}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

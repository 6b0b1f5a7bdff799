import { Button, Group, Modal, Progress, Stack, Text } from "@mantine/core";
import { IconDownload } from "@tabler/icons-react";
import { useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { all, type ListPath, type PathParams, type Query, type RowOf } from "~/api/list";
import { useTell } from "~/shell/notices";
import type { Column } from "./column";
import { csv, save } from "./csv";

type Props<P extends ListPath> = {
  name: string;
  path: P;
  params: PathParams;
  query: Query;
  columns: readonly Column<RowOf<P>>[];
  total?: number;
};

/** ExportButton saves all that a table could show, page after page, with the columns that it shows now. */
export function ExportButton<P extends ListPath>({ name, path, params, query, columns, total }: Props<P>) {
  const t = useTranslations("table");
  const tell = useTell();
  const stop = useRef<AbortController>(undefined);
  const [rows, setRows] = useState<number>();

  async function run() {
    const control = new AbortController();
    stop.current = control;
    setRows(0);
    try {
      const file = await csv(columns, all(path, params, query, control.signal), setRows);
      save(file, `${name}.csv`);
    } catch (error) {
      if (!control.signal.aborted) {
        tell.failure(error);
      }
    } finally {
      setRows(undefined);
    }
  }

  const cancel = () => stop.current?.abort();
  return (
    <>
      <Button
        variant="default"
        leftSection={<IconDownload size={16} aria-hidden />}
        onClick={() => void run()}
        disabled={total === 0}
      >
        {t("export")}
      </Button>
      <Modal
        opened={rows !== undefined}
        onClose={cancel}
        title={t("exporting")}
        closeButtonProps={{ "aria-label": t("cancel") }}
      >
        <Stack>
          <Text role="status">{t("exported", { rows: rows ?? 0 })}</Text>
          <Progress value={total ? (100 * (rows ?? 0)) / total : 100} animated aria-label={t("exporting")} />
          <Group justify="flex-end">
            <Button variant="default" onClick={cancel}>
              {t("cancel")}
            </Button>
          </Group>
        </Stack>
      </Modal>
    </>
  );
}

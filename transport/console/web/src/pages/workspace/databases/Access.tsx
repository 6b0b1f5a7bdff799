import { Alert, Button, Group, Modal, Stack, Text } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { CopyField } from "~/dialog/CopyField";
import { Facts } from "~/dialog/Facts";
import type { Database } from "~/pages/platform/databases/database";
import { useProblemText } from "~/text/problem";
import type { Workspace } from "../workspace";

type Told = Schemas["DatabaseAccess"];

/**
 * Access tells how one connects to the database of a workspace. The password is told once: the dialog says so before,
 * and is closed by its button alone after.
 */
export function Access({
  workspace,
  database,
  onClose,
}: {
  workspace: Workspace;
  database: Database;
  onClose: () => void;
}) {
  const t = useTranslations("databases");
  const c = useTranslations("common");
  const problemText = useProblemText();
  const [told, setTold] = useState<Told>();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const secret = told?.password !== undefined && told.password !== null;
  return (
    <Modal
      opened
      onClose={secret || busy ? () => undefined : onClose}
      closeOnEscape={!secret}
      withCloseButton={!secret}
      title={t("accessTitle", { name: database.name })}
      closeButtonProps={{ "aria-label": c("close") }}
      size="lg"
    >
      {told ? (
        <Stack>
          {secret && (
            <Alert color="yellow" icon={<IconAlertTriangle aria-hidden />} role="status">
              {t("accessOnce")}
            </Alert>
          )}
          <CopyField label={t("address")} description={t("addressText")} value={told.address} />
          {told.username && <CopyField label={t("username")} value={told.username} />}
          {told.password && <CopyField label={t("password")} value={told.password} />}
          {!secret && <Text size="sm">{t("accessFile")}</Text>}
          <Facts of={[[t("name"), told.database]]} />
          <Group justify="flex-end">
            <Button onClick={onClose} data-autofocus>
              {secret ? t("accessKept") : c("close")}
            </Button>
          </Group>
        </Stack>
      ) : (
        <form
          onSubmit={async (event) => {
            event.preventDefault();
            setBusy(true);
            setFailure(undefined);
            try {
              setTold(
                await done(
                  api.POST("/workspaces/{workspace}/database/access", {
                    params: { path: { workspace: workspace.id } },
                  }),
                ),
              );
            } catch (error) {
              setFailure(error);
            }
            setBusy(false);
          }}
        >
          <Stack>
            <Text size="sm">{t("accessText")}</Text>
            {failure !== undefined && (
              <Alert color="red" role="alert">
                {problemText(failure)}
              </Alert>
            )}
            <Group justify="flex-end">
              <Button variant="default" onClick={onClose} disabled={busy}>
                {c("cancel")}
              </Button>
              <Button type="submit" loading={busy} data-autofocus>
                {t("accessAct")}
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Modal>
  );
}

import { Alert, Stack } from "@mantine/core";
import { IconLock } from "@tabler/icons-react";
import { Outlet, useParams } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { Failure } from "~/shell/Failure";
import { Waiting } from "~/shell/Waiting";
import { useWorkspaceMay, WorkspaceContext } from "./workspace";

/** WorkspaceLayout reads the workspace that all pages below are of, and says when it is deactivated. */
export default function WorkspaceLayout() {
  const t = useTranslations("shell");
  const { workspace: id } = useParams({ strict: false }) as { workspace: string };
  const { workspace, error, retry, may } = useWorkspaceMay(id);
  if (error) {
    return <Failure error={error} retry={retry} />;
  }
  if (!workspace) {
    return <Waiting />;
  }
  return (
    <WorkspaceContext.Provider value={{ workspace, may }}>
      <Stack>
        {!workspace.active && (
          <Alert color="yellow" icon={<IconLock aria-hidden />} title={t("inactive")}>
            {t("inactiveText")}
          </Alert>
        )}
        <Outlet />
      </Stack>
    </WorkspaceContext.Provider>
  );
}

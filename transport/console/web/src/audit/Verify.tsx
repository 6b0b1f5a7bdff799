import { Alert, Button, Code, Group, Loader, Modal, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconShieldCheck } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { CopyField } from "~/dialog/CopyField";
import { Failure } from "~/shell/Failure";
import type { Trail } from "./AuditTable";

/** Verify has the server read a trail from its beginning, and says whether anything in it was changed or taken out. */
export function Verify({ workspace, onClose }: Trail & { onClose: () => void }) {
  const t = useTranslations("audit");
  const c = useTranslations("common");
  const { data, error, isFetching, refetch } = useQuery({
    queryKey: ["audit", "verify", workspace?.id],
    gcTime: 0,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }): Promise<Schemas["AuditReport"]> =>
      workspace
        ? done(
            api.GET("/workspaces/{workspace}/audit/verify", { params: { path: { workspace: workspace.id } }, signal }),
          )
        : done(api.GET("/audit/verify", { signal })),
  });
  return (
    <Modal opened onClose={onClose} title={t("verify.title")} closeButtonProps={{ "aria-label": c("close") }}>
      <Stack>
        <Text size="sm">{t("verify.text")}</Text>
        <div role="status">
          {isFetching ? (
            <Group gap="sm" mih={96}>
              <Loader size="sm" aria-hidden />
              <Text size="sm">{t("verify.running")}</Text>
            </Group>
          ) : (
            data && <Report report={data} />
          )}
        </div>
        {error && !isFetching && <Failure error={error} retry={() => void refetch()} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => void refetch()} disabled={isFetching}>
            {t("verify.again")}
          </Button>
          <Button onClick={onClose} data-autofocus>
            {c("close")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

function Report({ report }: { report: Schemas["AuditReport"] }) {
  const t = useTranslations("audit");
  const { fault, head } = report;
  return (
    <Stack gap="sm">
      {report.sound && !fault ? (
        <Alert color="teal" icon={<IconShieldCheck aria-hidden />} title={t("verify.sound")}>
          {t("verify.checked", { count: report.checked })}
        </Alert>
      ) : (
        <Alert color="red" icon={<IconAlertTriangle aria-hidden />} title={t("verify.fault")}>
          <Text size="sm">{t("verify.faultAt", { seq: fault?.seq ?? 0, checked: report.checked })}</Text>
          {fault && (
            <Text size="sm" style={{ overflowWrap: "anywhere" }}>
              <Code>{fault.what}</Code> {fault.id}
            </Text>
          )}
        </Alert>
      )}
      {report.unchained > 0 && (
        <Text size="sm" c="dimmed">
          {t("verify.unchained", { count: report.unchained })}
        </Text>
      )}
      <CopyField label={t("verify.head", { seq: head.seq })} description={t("verify.headText")} value={head.hash} />
    </Stack>
  );
}

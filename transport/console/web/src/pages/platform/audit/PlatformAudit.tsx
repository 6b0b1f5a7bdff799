import { useTranslations } from "use-intl";
import { AuditTable } from "~/audit/AuditTable";
import { Page } from "~/shell/Page";

/** PlatformAudit is what happened anywhere, and what was refused. */
export default function PlatformAudit() {
  const t = useTranslations("audit");
  const s = useTranslations("shell");
  return (
    <Page title={t("title")} of={s("platform")} text={t("platformText")}>
      <AuditTable />
    </Page>
  );
}

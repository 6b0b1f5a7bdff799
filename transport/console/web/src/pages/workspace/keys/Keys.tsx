import { useTranslations } from "use-intl";
import { Page } from "~/shell/Page";
import { useWorkspace } from "../workspace";
import { KeyTable } from "./KeyTable";

/** Keys is the keys of a workspace, with which programs come (J-10, J-14, J-16, J-20 to J-33). */
export default function Keys() {
  const t = useTranslations("keys");
  const { workspace, may } = useWorkspace();
  return (
    <Page title={t("title")} of={workspace.name} text={t("text")}>
      <KeyTable workspace={workspace} manages={may("workspace.manage_keys")} />
    </Page>
  );
}

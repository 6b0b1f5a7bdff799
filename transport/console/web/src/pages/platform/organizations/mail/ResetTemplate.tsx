import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { useTell } from "~/shell/notices";
import type { Organization } from "../organization";
import type { MailTemplate } from "./letter";
import { useKindName, useLanguageName } from "./words";

type Props = {
  organization: Organization;
  template: MailTemplate;
  onClose: () => void;
  done?: () => Promise<void> | void;
};

/** ResetTemplate takes an organization's own template away, so that its mails read as everybody's again. */
export function ResetTemplate({ organization, template, onClose, done }: Props) {
  const t = useTranslations("mail");
  const changed = useChanged();
  const tell = useTell();
  const kindName = useKindName();
  const languageName = useLanguageName();
  const name = `${kindName(template.kind)}, ${languageName(template.language)}`;
  return (
    <Confirm
      title={t("resetTitle", { name })}
      act={t("reset")}
      goes={[t("goes", { subject: template.subject })]}
      onClose={onClose}
      run={async () => {
        await api.DELETE("/organizations/{organization}/mail-templates/{template}", {
          params: { path: { organization: organization.id, template: template.id } },
        });
        await done?.();
        await changed(
          "/organizations/{organization}/mail-templates",
          "/organizations/{organization}/mail-templates/{template}",
          "/organizations/{organization}/mail-templates/{template}/preview",
        );
        tell.done(t("resetDone"));
      }}
    >
      <Text size="sm">{t("resetText")}</Text>
    </Confirm>
  );
}

import { Anchor, Stack, Title } from "@mantine/core";
import { IconArrowLeft } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Failure } from "~/shell/Failure";
import { Waiting } from "~/shell/Waiting";
import type { Organization } from "../organization";
import { TemplateEditor } from "./TemplateEditor";
import { useKindName, useLanguageName } from "./words";

/** TemplatePage is one template of an organization. */
export function TemplatePage({ organization, id }: { organization: Organization; id: string }) {
  const t = useTranslations("mail");
  const kindName = useKindName();
  const languageName = useLanguageName();
  const {
    data: template,
    error,
    refetch,
  } = $api.useQuery("get", "/organizations/{organization}/mail-templates/{template}", {
    params: { path: { organization: organization.id, template: id } },
  });
  return (
    <Stack>
      <Anchor component={Link} to="." search={{ tab: "mail" } as never} size="sm">
        <IconArrowLeft size={14} aria-hidden style={{ verticalAlign: "-2px" }} /> {t("toAll")}
      </Anchor>
      {error ? (
        <Failure error={error} retry={() => void refetch()} />
      ) : template ? (
        <>
          <Title order={2} size="h3" style={{ overflowWrap: "anywhere" }}>
            {kindName(template.kind)}, {languageName(template.language)}
          </Title>
          <TemplateEditor
            key={`${template.custom} ${template.updated}`}
            organization={organization}
            template={template}
          />
        </>
      ) : (
        <Waiting />
      )}
    </Stack>
  );
}

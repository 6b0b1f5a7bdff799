import { Anchor, Badge, Button, Text } from "@mantine/core";
import { IconArrowBackUp, IconEdit, IconLanguage } from "@tabler/icons-react";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { Time } from "~/text/Time";
import type { Organization } from "../organization";
import { AddLanguage } from "./AddLanguage";
import type { MailTemplate } from "./letter";
import { ResetTemplate } from "./ResetTemplate";
import { TemplatePage } from "./TemplatePage";
import { useKindName, useLanguageName } from "./words";

/** MailTemplates is how the mails of an organization read: all of them, or the one that is written. */
export function MailTemplates({ organization }: { organization: Organization }) {
  const { template } = useSearch({ strict: false }) as { template?: string };
  return template ? (
    <TemplatePage key={template} organization={organization} id={template} />
  ) : (
    <TemplateTable organization={organization} />
  );
}

function TemplateTable({ organization }: { organization: Organization }) {
  const t = useTranslations("mail");
  const navigate = useNavigate();
  const kindName = useKindName();
  const languageName = useLanguageName();
  const [adding, setAdding] = useState(false);
  const [going, setGoing] = useState<MailTemplate>();
  const columns = useColumns();
  const write = (id: string) => navigate({ to: ".", search: { tab: "mail", template: id } as never });
  return (
    <>
      <Text c="dimmed" mb="sm">
        {t("text")}
      </Text>
      <DataTable
        id="mail-templates"
        label={t("title")}
        path="/organizations/{organization}/mail-templates"
        params={{ organization: organization.id }}
        columns={columns}
        rowId={(m) => m.id}
        rowName={(m) => `${kindName(m.kind)}, ${languageName(m.language)}`}
        sort="name"
        inside
        actions={
          <Button
            variant="default"
            leftSection={<IconLanguage size={16} aria-hidden />}
            onClick={() => setAdding(true)}
          >
            {t("addLanguage")}
          </Button>
        }
        empty={{ title: t("none") }}
        rowActions={[
          { label: t("write"), icon: <IconEdit size={16} aria-hidden />, run: (m) => void write(m.id) },
          {
            label: t("reset"),
            icon: <IconArrowBackUp size={16} aria-hidden />,
            danger: true,
            hidden: (m) => !m.custom,
            run: setGoing,
          },
        ]}
      />
      {adding && <AddLanguage organization={organization} onClose={() => setAdding(false)} added={write} />}
      {going && <ResetTemplate organization={organization} template={going} onClose={() => setGoing(undefined)} />}
    </>
  );
}

function useColumns(): Column<MailTemplate>[] {
  const t = useTranslations("mail");
  const kindName = useKindName();
  const languageName = useLanguageName();
  return useMemo(
    () => [
      {
        id: "kind",
        header: t("kind"),
        sort: "name",
        fixed: true,
        cell: (m) => (
          <Anchor component={Link} to="." search={{ tab: "mail", template: m.id } as never} size="sm">
            {kindName(m.kind)}
          </Anchor>
        ),
        text: (m) => kindName(m.kind),
      },
      { id: "language", header: t("language"), cell: (m) => languageName(m.language), text: (m) => m.language },
      {
        id: "subject",
        header: t("subject"),
        cell: (m) => <span>{m.subject}</span>,
        text: (m) => m.subject,
      },
      {
        id: "whose",
        header: t("whose"),
        cell: (m) => (
          <Badge variant={m.custom ? "light" : "default"} tt="none">
            {t(m.custom ? "own" : "common")}
          </Badge>
        ),
        text: (m) => t(m.custom ? "own" : "common"),
      },
      { id: "updated", header: t("since"), cell: (m) => <Time at={m.updated} />, text: (m) => m.updated },
    ],
    [t, kindName, languageName],
  );
}

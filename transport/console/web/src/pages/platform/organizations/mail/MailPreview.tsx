import { Alert, Paper, Stack, Text, Title } from "@mantine/core";
import { type CSSProperties, type ReactNode, useMemo } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { Facts } from "~/dialog/Facts";
import { type Letter, type MailTemplate, samples } from "./letter";
import { escapeHTML, render } from "./render";
import { safe } from "./safe";

type Props = { organization: string; template: MailTemplate; letter: Letter; isChanged: boolean };

/** filled returns a letter with sample values in it, or nothing while it is no template. */
function filled({ subject, html, text }: Letter): Letter | undefined {
  try {
    return { subject: render(subject, samples), text: render(text, samples), html: render(html, samples, escapeHTML) };
  } catch {
    return undefined;
  }
}

/** MailPreview is the mail that somebody would receive, as it is written now; the server's own while nothing is changed. */
export function MailPreview({ organization, template, letter, isChanged }: Props) {
  const t = useTranslations("mail");
  const kept = $api.useQuery("get", "/organizations/{organization}/mail-templates/{template}/preview", {
    params: { path: { organization, template: template.id } },
  });
  const written = useMemo(() => filled(letter), [letter]);
  const mail = isChanged ? written : (kept.data ?? written);
  const frame = useMemo(
    () => (mail ? safe(mail.html, template.language, mail.subject) : ""),
    [mail, template.language],
  );
  return (
    <Paper withBorder p="md" component="section" aria-labelledby="mail-preview">
      <Stack gap="sm">
        <Title order={3} size="h4" id="mail-preview">
          {t("preview")}
        </Title>
        <Text size="sm" c="dimmed">
          {t("previewText")}
        </Text>
        {mail ? (
          <>
            <Facts
              of={[
                [t("sender"), kept.data?.from],
                [t("recipient"), kept.data?.to],
                [t("subject"), mail.subject],
              ]}
            />
            <Part title={t("html")}>
              <iframe title={t("previewFrame")} sandbox="" srcDoc={frame} width="100%" height="340" style={paper} />
            </Part>
            <Part title={t("plain")}>
              <Text component="pre" size="sm" m={0} ff="monospace" style={lines}>
                {mail.text}
              </Text>
            </Part>
          </>
        ) : (
          <Alert color="yellow" role="status">
            {t("previewNot")}
          </Alert>
        )}
      </Stack>
    </Paper>
  );
}

// Mails are written for white paper.
const paper: CSSProperties = {
  background: "white",
  border: "1px solid var(--mantine-color-default-border)",
  borderRadius: "var(--mantine-radius-md)",
  colorScheme: "light",
};
const lines: CSSProperties = { whiteSpace: "pre-wrap", overflowWrap: "anywhere" };

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div>
      <Title order={4} size="h6" mb={4}>
        {title}
      </Title>
      {children}
    </div>
  );
}

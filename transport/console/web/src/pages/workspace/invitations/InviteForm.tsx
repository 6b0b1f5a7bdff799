import { Alert, Button, NumberInput, Stack, TagsInput, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import { problemOf } from "~/api/problem";
import { FormDialog } from "~/dialog/FormDialog";
import { Segments } from "~/field/Segments";
import { useLanguage } from "~/text/LanguageProvider";
import { useProblemText } from "~/text/problem";
import { useWorkspace } from "../workspace";
import { plausible } from "./addresses";
import { InvitationFields } from "./InvitationFields";
import type { Invitation } from "./words";

/** InviteForm invites somebody, or makes a link for several (J-60). */
export function InviteForm({ onClose, onMade }: { onClose: () => void; onMade: (invitation: Invitation) => void }) {
  const t = useTranslations("invitations");
  const c = useTranslations("common");
  const problemText = useProblemText();
  const { language } = useLanguage();
  const { workspace } = useWorkspace();
  const changed = useChanged();
  const [pending, setPending] = useState<string>();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const form = useForm({
    initialValues: {
      kind: "personal" as "personal" | "open",
      email: "",
      role: "Viewer",
      language: language as string,
      groups: [] as string[],
      max_uses: 20 as number | string,
      domains: [] as string[],
    },
    validate: {
      email: (email, { kind }) =>
        kind === "open" ? null : !email.trim() ? c("required") : plausible(email.trim()) ? null : t("noAddress"),
    },
    onValuesChange: () => setPending(undefined),
  });
  const personal = form.values.kind === "personal";

  async function made(invitation: Invitation) {
    await changed("/workspaces/{workspace}/invitations");
    onMade(invitation);
  }

  return (
    <FormDialog
      title={t("invite")}
      form={form}
      act={personal ? t("send") : t("makeLink")}
      fields={{ roles: "role" }}
      fieldText={(field, error) => {
        const { code } = problemOf(error);
        if (field === "email") {
          return code === "taken" ? t("isMember") : code === "invalid" ? t("noAddress") : undefined;
        }
        return field === "domains" ? t("noDomains") : undefined;
      }}
      onClose={onClose}
      send={async (values) => {
        const gives = { roles: [values.role], language: values.language, groups: values.groups };
        try {
          await made(
            await done(
              api.POST("/workspaces/{workspace}/invitations", {
                params: { path: { workspace: workspace.id } },
                body:
                  values.kind === "personal"
                    ? { ...gives, kind: "personal", email: values.email.trim() }
                    : { ...gives, kind: "open", max_uses: Number(values.max_uses), domains: values.domains },
              }),
            ),
          );
        } catch (error) {
          const problem = problemOf(error);
          if (problem.code === "invited_already") {
            setPending(problem.body.id);
          }
          throw error;
        }
      }}
    >
      <Segments
        aria-label={t("kind")}
        data={[
          { value: "personal", label: t("personal") },
          { value: "open", label: t("open") },
        ]}
        {...form.getInputProps("kind")}
      />
      {personal ? (
        <TextInput
          label={t("email")}
          type="email"
          withAsterisk
          required
          autoComplete="off"
          data-autofocus
          maxLength={254}
          {...form.getInputProps("email")}
        />
      ) : (
        <>
          <Text size="sm" c="dimmed">
            {t("openText")}
          </Text>
          <NumberInput
            label={t("maxUses")}
            withAsterisk
            required
            min={1}
            max={10000}
            allowDecimal={false}
            {...form.getInputProps("max_uses")}
          />
          <TagsInput
            label={t("domains")}
            description={t("domainsText")}
            splitChars={[",", ";", " "]}
            acceptValueOnBlur
            {...form.getInputProps("domains")}
          />
        </>
      )}
      <InvitationFields form={form} />
      {pending && (
        <Alert color="yellow">
          <Stack gap="xs" align="flex-start">
            <Text size="sm">{t("pendingText")}</Text>
            {failure !== undefined && (
              <Text size="sm" c="var(--mantine-color-error)" role="alert">
                {problemText(failure)}
              </Text>
            )}
            <Button
              size="xs"
              loading={busy}
              onClick={async () => {
                setBusy(true);
                try {
                  await made(
                    await done(
                      api.POST("/invitations/{invitation}/resend", { params: { path: { invitation: pending } } }),
                    ),
                  );
                  onClose();
                } catch (error) {
                  setFailure(error);
                  setBusy(false);
                }
              }}
            >
              {t("resendThat")}
            </Button>
          </Stack>
        </Alert>
      )}
    </FormDialog>
  );
}

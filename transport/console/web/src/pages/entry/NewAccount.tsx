import { Alert, Button, Stack, Text, TextInput } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { problemOf } from "~/api/problem";
import { NewPassword } from "~/session/NewPassword";
import { usePasswordText } from "~/session/passwordText";
import type { Offer } from "./OfferFacts";
import { useOfferText } from "./useOfferText";

export type Newcomer = Pick<Schemas["Acceptance"], "first_name" | "last_name"> & { email: string; password: string };

/** NewAccount accepts an invitation for who has no account: he says who he is and chooses a password (J-66). */
export function NewAccount({ offer, accept }: { offer: Offer; accept: (who: Newcomer) => Promise<void> }) {
  const t = useTranslations("session.invitation");
  const offerText = useOfferText();
  const passwordText = usePasswordText();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const form = useForm({ initialValues: { email: offer.email ?? "", first_name: "", last_name: "", password: "" } });
  return (
    <form
      onSubmit={form.onSubmit(async (values) => {
        setBusy(true);
        setFailure(undefined);
        try {
          await accept({ ...values, email: values.email.trim() });
        } catch (error) {
          const problem = problemOf(error);
          const { field } = problem.body;
          if (field === "password") {
            form.setFieldError("password", passwordText(error));
          } else if (field && field in values) {
            form.setFieldError(field, problem.code === "taken" ? t("taken") : offerText(error));
          } else {
            setFailure(error);
          }
          setBusy(false);
        }
      })}
    >
      <Stack>
        {offer.kind === "personal" ? (
          // Tells the browser's own keeper of passwords whose this is.
          <input type="text" autoComplete="username" value={offer.email ?? ""} readOnly hidden />
        ) : (
          <TextInput
            label={t("email")}
            type="email"
            autoComplete="username"
            required
            {...form.getInputProps("email")}
          />
        )}
        <TextInput label={t("firstName")} autoComplete="given-name" {...form.getInputProps("first_name")} />
        <TextInput label={t("lastName")} autoComplete="family-name" {...form.getInputProps("last_name")} />
        <NewPassword label={t("password")} {...form.getInputProps("password")} />
        <Text size="sm" c="dimmed">
          {t("signInWith")}
        </Text>
        {failure !== undefined && (
          <Alert color="red" role="alert">
            {offerText(failure)}
          </Alert>
        )}
        <Button type="submit" loading={busy}>
          {t("accept")}
        </Button>
      </Stack>
    </form>
  );
}

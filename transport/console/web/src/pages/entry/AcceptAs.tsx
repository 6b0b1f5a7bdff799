import { Alert, Button, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { User } from "~/session/SessionProvider";
import { fullName } from "~/text/person";
import { useOfferText } from "./useOfferText";

/** AcceptAs accepts an invitation for who is signed in. */
export function AcceptAs({ user, accept }: { user: User; accept: () => Promise<void> }) {
  const t = useTranslations("session.invitation");
  const offerText = useOfferText();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  return (
    <Stack>
      <Text style={{ overflowWrap: "anywhere" }}>{t("as", { name: fullName(user), email: user.email })}</Text>
      {failure !== undefined && (
        <Alert color="red" role="alert">
          {offerText(failure)}
        </Alert>
      )}
      <Button
        loading={busy}
        onClick={async () => {
          setBusy(true);
          setFailure(undefined);
          try {
            await accept();
          } catch (error) {
            setFailure(error);
            setBusy(false);
          }
        }}
      >
        {t("accept")}
      </Button>
    </Stack>
  );
}

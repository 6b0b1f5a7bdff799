import { Button } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { forgetToken } from "./token";

/** Decline refuses a personal invitation, after asking. */
export function Decline({ token, workspace, onDone }: { token: string; workspace: string; onDone: () => void }) {
  const t = useTranslations("session.invitation");
  const [asking, setAsking] = useState(false);
  return (
    <>
      <Button variant="subtle" color="gray" c="var(--mantine-color-text)" onClick={() => setAsking(true)}>
        {t("decline")}
      </Button>
      {asking && (
        <Confirm
          title={t("declineTitle", { workspace })}
          act={t("decline")}
          onClose={() => setAsking(false)}
          run={async () => {
            await api.POST("/invitations/decline", { body: { token } });
            forgetToken();
            onDone();
          }}
        >
          {t("declineText")}
        </Confirm>
      )}
    </>
  );
}

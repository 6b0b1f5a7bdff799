import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { useUser } from "~/session/SessionProvider";
import { useTell } from "~/shell/notices";
import { fullName } from "~/text/person";
import { ofUsers, type User } from "./user";

/** Kick ends all sessions of a user, and his access tokens. */
export function Kick({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useTranslations("users");
  const changed = useChanged();
  const tell = useTell();
  const me = useUser();
  return (
    <Confirm
      title={t("kickOf", { name: fullName(user) })}
      act={t("kick")}
      onClose={onClose}
      run={async () => {
        const { items } = await done(api.POST("/users/{user}/kick", { params: { path: { user: user.id } } }));
        await changed(...ofUsers);
        tell.done(t("kicked", { count: items.length }));
      }}
    >
      <Text size="sm">{t("kickText")}</Text>
      {user.id === me.id && (
        <Text size="sm" fw={600}>
          {t("kickSelf")}
        </Text>
      )}
    </Confirm>
  );
}

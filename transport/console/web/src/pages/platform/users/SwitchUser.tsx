import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { Confirm } from "~/dialog/Confirm";
import { useTell } from "~/shell/notices";
import { fullName } from "~/text/person";
import { ofUsers, type User } from "./user";

/** SwitchUser disables a user, or enables him again. */
export function SwitchUser({ user, onClose }: { user: User; onClose: () => void }) {
  const t = useTranslations("users");
  const changed = useChanged();
  const tell = useTell();
  const on = user.disabled;
  return (
    <Confirm
      title={t(on ? "enableOf" : "disableOf", { name: fullName(user) })}
      act={t(on ? "enable" : "disable")}
      danger={!on}
      onClose={onClose}
      run={async () => {
        const at = { params: { path: { user: user.id } } };
        await (on ? api.POST("/users/{user}/enable", at) : api.POST("/users/{user}/disable", at));
        await changed(...ofUsers);
        tell.done(t(on ? "wereEnabled" : "wereDisabled", { count: 1 }));
      }}
    >
      <Text size="sm">{t(on ? "enableText" : "disableText")}</Text>
    </Confirm>
  );
}

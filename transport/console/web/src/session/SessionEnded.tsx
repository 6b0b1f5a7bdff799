import { Anchor, Button, Modal, Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { fullName } from "~/text/person";
import { PasswordForm } from "./PasswordForm";
import { type Ending, type User, useSession } from "./SessionProvider";
import { startOf } from "./ways";

/**
 * SessionEnded says that, and why, the session was ended elsewhere, and lets the same person go on where he was: what
 * he had begun to write stays.
 */
export default function SessionEnded({ user, why, other }: { user: User; why?: Ending; other?: User }) {
  const t = useTranslations("session");
  const { leave } = useSession();
  const ways = $api.useQuery("get", "/sign-in");
  const reason = other ? t("ended.replaced", { name: fullName(other) }) : t(`ended.${why ?? "unknown"}`);
  return (
    <Modal
      opened
      onClose={() => undefined}
      withCloseButton={false}
      title={t("ended.title")}
      closeOnEscape={false}
      closeOnClickOutside={false}
      zIndex={1000}
    >
      <PasswordForm
        username={user.username}
        above={
          <>
            <Text role="status" style={{ overflowWrap: "anywhere" }}>
              {reason}
            </Text>
            <Text size="sm" c="dimmed">
              {t("ended.kept")}
            </Text>
          </>
        }
        below={ways.data?.providers.map((p) => {
          const start = startOf(p, "/");
          return (
            start && (
              <Anchor key={p.name} href={start} target="_blank" rel="noreferrer" size="sm">
                {t("ended.elsewhere", { provider: p.title })}
              </Anchor>
            )
          );
        })}
        beside={
          other ? (
            <Button variant="default" onClick={() => window.location.assign(document.baseURI)}>
              {t("ended.as", { name: fullName(other) })}
            </Button>
          ) : (
            <Button variant="default" onClick={leave}>
              {t("ended.other")}
            </Button>
          )
        }
      />
    </Modal>
  );
}

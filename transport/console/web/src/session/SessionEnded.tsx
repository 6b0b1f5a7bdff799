import { Alert, Anchor, Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { type Problem, problemOf } from "~/api/problem";
import { nameOf } from "~/shell/PersonMenu";
import { useSignInText } from "./problem";
import { type Ending, type User, useSession } from "./SessionProvider";
import { clock, useWait } from "./useWait";
import { startOf } from "./ways";

/**
 * SessionEnded says that, and why, the session was ended elsewhere, and lets the same person go on where he was: what
 * he had begun to write stays.
 */
export default function SessionEnded({ user, why, other }: { user: User; why?: Ending; other?: User }) {
  const t = useTranslations("session");
  const { signIn, leave } = useSession();
  const { left, until, wait } = useWait();
  const [failure, setFailure] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const text = useSignInText();
  const ways = $api.useQuery("get", "/sign-in");
  const form = useForm({ initialValues: { password: "" } });
  const reason = other ? t("ended.replaced", { name: nameOf(other) }) : t(`ended.${why ?? "unknown"}`);
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
      <form
        onSubmit={form.onSubmit(async ({ password }) => {
          setBusy(true);
          setFailure(undefined);
          try {
            await signIn(user.username, password);
          } catch (error) {
            const problem = problemOf(error);
            wait(problem);
            setFailure(problem);
            form.setFieldValue("password", "");
            setBusy(false);
          }
        })}
      >
        <Stack>
          <Text role="status" style={{ overflowWrap: "anywhere" }}>
            {reason}
          </Text>
          <Text size="sm" c="dimmed">
            {t("ended.kept")}
          </Text>
          {failure && (
            <Alert color="red" role="alert">
              {text(failure, until)}
            </Alert>
          )}
          {/* Tells the browser's own keeper of passwords whose this is. */}
          <input type="text" name="username" autoComplete="username" value={user.username} readOnly hidden />
          <PasswordInput
            label={t("ended.password_label", { name: user.username })}
            autoComplete="current-password"
            required
            data-autofocus
            visibilityToggleButtonProps={{ "aria-label": t("showPassword"), tabIndex: 0 }}
            {...form.getInputProps("password")}
          />
          {ways.data?.providers.map((p) => {
            const start = startOf(p, "/");
            return (
              start && (
                <Anchor key={p.name} href={start} target="_blank" rel="noreferrer" size="sm">
                  {t("ended.elsewhere", { provider: p.title })}
                </Anchor>
              )
            );
          })}
          <Group justify="flex-end">
            {other ? (
              <Button variant="default" onClick={() => window.location.assign(document.baseURI)}>
                {t("ended.as", { name: nameOf(other) })}
              </Button>
            ) : (
              <Button variant="default" onClick={leave}>
                {t("ended.other")}
              </Button>
            )}
            <Button
              type="submit"
              loading={busy}
              disabled={left > 0}
              rightSection={left > 0 ? <span aria-hidden>{clock(left)}</span> : undefined}
            >
              {t("signIn")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}

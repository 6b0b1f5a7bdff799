import { Button, Stack, Text } from "@mantine/core";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import { Segments } from "~/field/Segments";
import { useSession } from "~/session/SessionProvider";
import { useLanguage } from "~/text/LanguageProvider";
import { fullName } from "~/text/person";
import { AcceptAs } from "./AcceptAs";
import { landing } from "./landing";
import { NewAccount } from "./NewAccount";
import type { Offer } from "./OfferFacts";
import { SignInForm } from "./SignInForm";
import { forgetToken } from "./token";

/**
 * Answer is how an invitation is accepted: by the account that is signed in, after signing in with the one that it is
 * for, or by making one.
 */
export function Answer({ token, offer }: { token: string; offer: Offer }) {
  const t = useTranslations("session.invitation");
  const { state, signIn, signOut } = useSession();
  const { language } = useLanguage();
  const navigate = useNavigate();
  const [has, setHas] = useState<"new" | "account">("new");
  const user = state.is === "in" ? state.user : undefined;

  async function accept(who?: { email: string; first_name?: string; last_name?: string; password: string }) {
    const { email, ...about } = who ?? { email: "" };
    const joined = await done(
      api.POST("/invitations/accept", {
        body: { token, ...(who && { ...about, language, ...(offer.kind === "open" && { email }) }) },
      }),
    );
    forgetToken();
    const to = landing(joined.workspace, joined.roles);
    if (who) {
      try {
        await signIn(email, who.password);
      } catch {
        // He is a member, and signs in himself.
        await navigate({ to: "/signin", search: { return: to }, replace: true });
        return;
      }
    }
    await navigate({ to, replace: true });
  }

  const fits = user && (offer.kind === "open" || user.email.toLowerCase() === offer.email?.toLowerCase());
  if (user && fits) {
    return <AcceptAs user={user} accept={() => accept()} />;
  }
  const other = user && (
    <Text c="dimmed" size="sm" style={{ overflowWrap: "anywhere" }}>
      {t("notYou", { name: fullName(user), email: offer.email ?? "" })}
    </Text>
  );
  if (offer.kind === "personal" && !offer.account) {
    return (
      <Stack>
        {other}
        <NewAccount offer={offer} accept={accept} />
      </Stack>
    );
  }
  if (user) {
    return (
      <Stack>
        {other}
        <Button variant="default" onClick={() => void signOut()}>
          {t("change")}
        </Button>
      </Stack>
    );
  }
  if (offer.kind === "personal") {
    return (
      <Stack>
        <Text>{t("signInFirst")}</Text>
        <SignInForm back="/invitation" hint={t("account", { email: offer.email ?? "" })} />
      </Stack>
    );
  }
  if (offer.domains.length > 0) {
    return (
      <Stack>
        <Text>{t("onlyDomains")}</Text>
        <SignInForm back="/invitation" />
      </Stack>
    );
  }
  return (
    <Stack>
      <Segments
        aria-label={t("who")}
        value={has}
        onChange={setHas}
        data={[
          { value: "new", label: t("iAmNew") },
          { value: "account", label: t("iHaveAccount") },
        ]}
      />
      {has === "new" ? <NewAccount offer={offer} accept={accept} /> : <SignInForm back="/invitation" />}
    </Stack>
  );
}

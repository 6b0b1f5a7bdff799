import { Alert, Anchor, Button, Skeleton, Stack } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import { problemOf } from "~/api/problem";
import { useSession } from "~/session/SessionProvider";
import { languageOf } from "~/text/catalog";
import { useLanguage } from "~/text/LanguageProvider";
import { Answer } from "./Answer";
import { Decline } from "./Decline";
import { Entry } from "./Entry";
import { OfferFacts } from "./OfferFacts";
import { takeToken } from "./token";
import { useOfferText } from "./useOfferText";

/** Invitation is where the link of an invitation leads, in the language that the inviter chose (J-66). */
export default function Invitation() {
  const t = useTranslations("session.invitation");
  const offerText = useOfferText();
  const { state } = useSession();
  const { choose } = useLanguage();
  const [token, setToken] = useState(takeToken);
  const [declined, setDeclined] = useState(false);

  // Who opens another link in the same tab means that one.
  useEffect(() => {
    const again = () => setToken(takeToken());
    window.addEventListener("hashchange", again);
    return () => window.removeEventListener("hashchange", again);
  }, []);

  const offer = useQuery({
    queryKey: ["offer", token],
    enabled: token !== undefined && !declined,
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => done(api.POST("/invitations/offer", { body: { token: token ?? "" }, signal })),
  });

  // Who has an account has said himself what he reads.
  const spoken = offer.data?.language;
  const known = state.is === "in";
  useEffect(() => {
    if (spoken && !known) {
      choose(languageOf([spoken]));
    }
  }, [spoken, known, choose]);

  const problem = offer.error ? problemOf(offer.error) : undefined;
  const again = problem && (problem.status === 0 || problem.status === 429 || problem.status >= 500);
  return (
    <Entry title={t("title")} named={`${t("title")} | Portal`}>
      {declined ? (
        <Alert color="teal" role="status">
          {t("declined")}
        </Alert>
      ) : token === undefined ? (
        <Alert color="yellow" role="alert">
          {t("noToken")}
        </Alert>
      ) : problem ? (
        <Alert color="red" role="alert">
          <Stack gap="xs" align="flex-start">
            {offerText(problem)}
            {again && (
              <Button size="xs" variant="default" onClick={() => void offer.refetch()}>
                {t("retry")}
              </Button>
            )}
          </Stack>
        </Alert>
      ) : offer.data && state.is !== "unknown" ? (
        <Stack>
          <OfferFacts offer={offer.data} />
          <Answer key={token} token={token} offer={offer.data} />
          {offer.data.kind === "personal" && (
            <Decline token={token} workspace={offer.data.workspace} onDone={() => setDeclined(true)} />
          )}
        </Stack>
      ) : (
        <Stack aria-busy>
          <Skeleton height={48} />
          <Skeleton height={120} />
          <Skeleton height={220} />
        </Stack>
      )}
      {(declined || token === undefined || problem) && (
        <Anchor component={Link} to="/" size="sm">
          {t("home")}
        </Anchor>
      )}
    </Entry>
  );
}

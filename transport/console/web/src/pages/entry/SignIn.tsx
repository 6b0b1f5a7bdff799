import { Alert, Anchor } from "@mantine/core";
import { Link, Navigate, useSearch } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { useSession } from "~/session/SessionProvider";
import { inside, local } from "~/session/ways";
import en from "~/text/en/session.json";
import { Entry } from "./Entry";
import { SignInForm } from "./SignInForm";

/** SignIn lets people in, and sends them on to where they wanted to be. */
export default function SignIn() {
  const t = useTranslations("session");
  const { state } = useSession();
  const search = useSearch({ strict: false }) as { return?: string; refused?: string; back?: string };
  const ways = $api.useQuery("get", "/sign-in");
  // Who comes back from an identity provider has the address that the host knows.
  const place = search.back === undefined ? local(search.return) : inside(search.back);
  if (state.is === "in") {
    return <Navigate to={place} replace />;
  }
  return (
    <Entry title={t("title")}>
      {search.refused && (
        <Alert color="red" role="alert">
          {t(
            `elsewhere.${Object.hasOwn(en.elsewhere, search.refused) ? (search.refused as keyof typeof en.elsewhere) : "failed"}`,
          )}
        </Alert>
      )}
      <SignInForm back={place} />
      {/* It takes its room before it is known whether it leads anywhere. */}
      <Anchor
        component={Link}
        to="/forgotten"
        size="sm"
        style={{ visibility: ways.isPending ? "hidden" : "visible" }}
        display={ways.data && !ways.data.reset ? "none" : undefined}
      >
        {t("forgotten")}
      </Anchor>
    </Entry>
  );
}

import { Anchor } from "@mantine/core";
import { Link, Navigate, useSearch } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { useSession } from "~/session/SessionProvider";
import { local } from "~/session/ways";
import { Entry } from "./Entry";
import { SignInForm } from "./SignInForm";

/** SignIn lets people in, and sends them on to where they wanted to be. */
export default function SignIn() {
  const t = useTranslations("session");
  const { state } = useSession();
  const search = useSearch({ strict: false }) as { return?: string };
  const ways = $api.useQuery("get", "/sign-in");
  if (state.is === "in") {
    return <Navigate to={local(search.return)} replace />;
  }
  return (
    <Entry title={t("title")}>
      <SignInForm back={local(search.return)} />
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

import { Container } from "@mantine/core";
import { useRouter } from "@tanstack/react-router";
import { useEffect } from "react";
import { PreferencesProvider } from "~/session/preferences";
import { useSession } from "~/session/SessionProvider";
import { Failure } from "./Failure";
import { Shell } from "./Shell";
import { Waiting } from "./Waiting";

/** Inside is what only people who are signed in see; everybody else is asked to sign in, and comes back. */
export function Inside() {
  const { state, refresh } = useSession();
  const router = useRouter();
  const guest = state.is === "guest";
  useEffect(() => {
    if (guest) {
      const here = router.state.location.href;
      void router.navigate({ to: "/signin", search: here === "/" ? {} : { return: here }, replace: true });
    }
  }, [guest, router]);
  if (state.is === "unknown" && state.problem) {
    return (
      <Container component="main" size="sm" py="xl">
        <Failure error={state.problem} retry={() => void refresh()} />
      </Container>
    );
  }
  if (state.is === "unknown" || state.is === "guest") {
    return <Waiting />;
  }
  return (
    <PreferencesProvider key={state.user.id}>
      <Shell />
    </PreferencesProvider>
  );
}

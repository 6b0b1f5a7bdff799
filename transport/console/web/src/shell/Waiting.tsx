import { Center, Container, Loader } from "@mantine/core";
import type { ErrorComponentProps } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { Failure } from "./Failure";

/** Waiting holds the place of a page that is being loaded. */
export function Waiting() {
  const t = useTranslations("common");
  return (
    <Center mih="40vh">
      <Loader aria-label={t("loading")} role="status" />
    </Center>
  );
}

/** Broken says that a page could not be shown, and offers to try again. */
export function Broken({ error }: ErrorComponentProps) {
  return (
    <Container size="sm" py="xl">
      <Failure error={error} retry={() => window.location.reload()} />
    </Container>
  );
}

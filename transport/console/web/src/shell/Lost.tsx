import { Anchor, Container } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { Page } from "./Page";

/** Lost is the page of an address that leads nowhere. */
export function Lost() {
  const t = useTranslations("common");
  return (
    <Container component="main" size="sm" py="xl">
      <Page title={t("lost")} text={t("lostText")}>
        <Anchor component={Link} to="/">
          {t("home")}
        </Anchor>
      </Page>
    </Container>
  );
}

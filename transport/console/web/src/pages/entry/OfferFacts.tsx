import { Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { Facts } from "~/dialog/Facts";
import { Time } from "~/text/Time";
import { useRoleNames } from "~/text/words";

export type Offer = Schemas["Offer"];

/** OfferFacts is what an invitation shows to who holds it. */
export function OfferFacts({ offer }: { offer: Offer }) {
  const t = useTranslations("session.invitation");
  const roleNames = useRoleNames();
  return (
    <>
      <Text style={{ overflowWrap: "anywhere" }}>
        {t.rich("invites", {
          inviter: offer.inviter,
          workspace: offer.workspace,
          b: (text) => <strong>{text}</strong>,
        })}
      </Text>
      <Facts
        of={[
          [t("for"), offer.email],
          [t("domains"), offer.domains.join(", ")],
          [t("role"), offer.roles.length > 0 ? roleNames(offer.roles) : undefined],
          [t("until"), <Time key="until" at={offer.expires} />],
        ]}
      />
    </>
  );
}

import { Modal, Tabs } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { $api } from "~/api/client";
import { WhyDialog } from "~/explain/WhyDialog";
import { useWorkspace } from "../workspace";
import { MemberFacts } from "./MemberFacts";
import { MemberHoldings } from "./MemberHoldings";
import { MemberRights } from "./MemberRights";
import type { Member } from "./Members";
import { SuspendMember } from "./SuspendMember";
import { TransferHoldings } from "./TransferHoldings";

/** What is shown in place of the member, until it is closed. */
type Asking = { is: "suspend" | "transfer" } | { is: "why"; permission: string };

/**
 * MemberInfo is what is to be known of a member (J-40): who he is, what he owns, and what he may do and why. What is done
 * with him without changing his role is done from here.
 */
export function MemberInfo({ of: row, manages, onClose }: { of: Member; manages: boolean; onClose: () => void }) {
  const t = useTranslations("members");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const [tab, setTab] = useState<string | null>("about");
  const [asking, setAsking] = useState<Asking>();
  const { data: member = row } = $api.useQuery(
    "get",
    "/workspaces/{workspace}/members/{principal}",
    { params: { path: { workspace: workspace.id, principal: row.principal } } },
    { placeholderData: row },
  );
  const back = () => setAsking(undefined);
  switch (asking?.is) {
    case "suspend":
      return <SuspendMember of={member} onClose={back} />;
    case "transfer":
      return <TransferHoldings of={member} onClose={back} />;
    case "why":
      return (
        <WhyDialog node={workspace.num} principal={member.principal} permission={asking.permission} onClose={back} />
      );
  }
  const person = member.kind === "user";
  return (
    <Modal
      opened
      size="lg"
      onClose={onClose}
      title={t("infoOf", { name: member.name })}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <Tabs value={tab} onChange={setTab} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="about">{t("about")}</Tabs.Tab>
          {person && <Tabs.Tab value="owns">{t("owns")}</Tabs.Tab>}
          <Tabs.Tab value="rights">{t("rights")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="about">
          <MemberFacts of={member} manages={manages} onSuspend={() => setAsking({ is: "suspend" })} />
        </Tabs.Panel>
        {person && (
          <Tabs.Panel value="owns">
            <MemberHoldings of={member} manages={manages} onTransfer={() => setAsking({ is: "transfer" })} />
          </Tabs.Panel>
        )}
        <Tabs.Panel value="rights">
          <MemberRights of={member} onWhy={(permission) => setAsking({ is: "why", permission })} />
        </Tabs.Panel>
      </Tabs>
    </Modal>
  );
}

import { List, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import { Blockers } from "./Blockers";
import { DepartureForm } from "./DepartureForm";
import { departureOf, isDecided, undecided } from "./disposal";
import { HoldingsChoice } from "./HoldingsChoice";
import { ofMembers } from "./members";
import { PlanView, PlanWaiting } from "./PlanView";
import { countByClass, needsOf, outcomeOf, standing } from "./plan";
import { usePlan } from "./usePlan";

type Props = {
  workspace: Pick<Schemas["Workspace"], "id" | "name">;
  member: Schemas["Member"];
  onClose: () => void;
  /** The member is one no more. */
  onGone?: () => void | Promise<void>;
};

/**
 * DepartureDialog deletes a member (J-43 to J-47): it shows what the server foresees, asks what becomes of what he owns,
 * and does that and nothing else.
 */
export function DepartureDialog({ workspace, member, onClose, onGone }: Props) {
  const t = useTranslations("members");
  const changed = useChanged();
  const tell = useTell();
  const [disposal, setDisposal] = useState(undecided);
  const [missing, setMissing] = useState(false);
  const params = { path: { workspace: workspace.id, principal: member.principal } };
  const decision = departureOf(disposal);
  const { plan, error, isStale, again } = usePlan([workspace.id, member.principal, decision], (signal) =>
    done(
      api.POST("/workspaces/{workspace}/members/{principal}/departure", {
        params: { ...params, query: { dry_run: true } },
        body: decision,
        signal,
      }),
    ),
  );
  const isGroup = member.kind === "group";
  const owns = (plan?.holdings.length ?? 0) > 0;
  const decided = !owns || isDecided(disposal);
  const deletes = decided && plan !== undefined && outcomeOf(plan.holdings).deleted.length > 0;
  return (
    <DepartureForm
      title={t("departure.of", { name: member.name })}
      act={deletes ? t("departure.actAll") : owns ? t("departure.actTransfer") : t("departure.act")}
      blocked={!plan || standing(plan, decided).length > 0}
      waiting={isStale}
      name={deletes ? member.name : undefined}
      onClose={onClose}
      renew={again}
      check={() => {
        setMissing(!decided);
        return decided;
      }}
      run={async () => {
        await api.POST("/workspaces/{workspace}/members/{principal}/departure", {
          params,
          body: { ...decision, token: plan?.token },
        });
        await onGone?.();
        await changed(...ofMembers);
        tell.done(t("departure.done", { name: member.name }));
      }}
    >
      <Text size="sm">{t(isGroup ? "departure.groupText" : "departure.text", { workspace: workspace.name })}</Text>
      {error ? <Failure error={error} retry={() => void again()} /> : !plan && <PlanWaiting />}
      {owns && plan && (
        <HoldingsChoice
          workspace={workspace.id}
          principal={member.principal}
          value={disposal}
          owned={countByClass(plan.holdings)}
          needed={needsOf(plan.holdings).length > 0}
          error={missing && !decided ? t("departure.choose") : undefined}
          onChange={setDisposal}
        />
      )}
      {plan && (
        <>
          <PlanView
            plan={plan}
            decided={decided}
            workspaceName={() => workspace.name}
            stays={
              isGroup
                ? [<List.Item key="group">{t("departure.group")}</List.Item>]
                : [
                    <List.Item key="keys">{t("departure.keys")}</List.Item>,
                    <List.Item key="account">{t("departure.account")}</List.Item>,
                  ]
            }
          />
          <Blockers blockers={standing(plan, decided)} holdings={plan.holdings} workspaceName={() => workspace.name} />
        </>
      )}
    </DepartureForm>
  );
}

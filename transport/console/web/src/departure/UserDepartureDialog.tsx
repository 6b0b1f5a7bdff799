import { Divider, List, Stack, Text } from "@mantine/core";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { $api, api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { UserPicker } from "~/pages/platform/users/UserPicker";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import { fullName } from "~/text/person";
import { Blockers } from "./Blockers";
import { DepartureForm } from "./DepartureForm";
import { type Disposal, isDecided, transfersOf, undecided } from "./disposal";
import { HoldingsChoice } from "./HoldingsChoice";
import { PlanView, PlanWaiting } from "./PlanView";
import { byWorkspace, countByClass, needsOf, outcomeOf, type Plan, standing } from "./plan";
import { usePlan } from "./usePlan";

type Props = {
  user: Schemas["User"];
  onClose: () => void;
  /** The account is gone: leave the page that is about it. */
  onGone?: () => void | Promise<void>;
};

/**
 * UserDepartureDialog deletes an account for good. It asks who supervises the workspaces that were supervised, and in each
 * workspace what becomes of what is owned there.
 */
export function UserDepartureDialog({ user, onClose, onGone }: Props) {
  const t = useTranslations("members");
  const changed = useChanged();
  const tell = useTell();
  const [disposals, setDisposals] = useState<Record<string, Disposal>>({});
  const [successors, setSuccessors] = useState<Record<string, string>>({});
  const [owned, setOwned] = useState<Plan["holdings"]>([]);
  const [missing, setMissing] = useState(false);
  const { workspaceName, refresh } = useWorkspaceNames(user);
  const params = { path: { user: user.id } };
  const decision: Schemas["UserDeparture"] = {
    transfers: transfersOf(owned, disposals),
    successors: Object.entries(successors).map(([workspace, successor]) => ({ workspace, user: successor })),
    cascade: Object.values(disposals).some((d) => !d.transfer && d.cascade),
  };
  const { plan, error, isStale, again } = usePlan([user.id, decision], async (signal) => {
    const query = { dry_run: true };
    const made = await done(
      api.POST("/users/{user}/departure", { params: { ...params, query }, body: decision, signal }),
    );
    setOwned(made.holdings); // what there is to decide about
    return made;
  });
  const places = byWorkspace(plan?.holdings ?? []);
  const supervised = plan?.supervised ?? [];
  const decided = places.every(([id]) => isDecided(disposals[id] ?? undecided));
  const succeeded = supervised.every((id) => successors[id]);
  const deletes = decided && plan !== undefined && outcomeOf(plan.holdings).deleted.length > 0;
  const against = plan ? standing(plan, decided).filter((b) => succeeded || b.code !== "supervisor") : [];
  return (
    <DepartureForm
      title={t("departure.userOf", { name: fullName(user) })}
      act={t(deletes ? "departure.userActAll" : "departure.userAct")}
      blocked={!plan || against.length > 0}
      waiting={isStale}
      name={user.username}
      onClose={onClose}
      renew={async () => void (await Promise.all([again(), refresh()]))}
      check={() => {
        setMissing(!decided || !succeeded);
        return decided && succeeded;
      }}
      run={async () => {
        await api.POST("/users/{user}/departure", { params, body: { ...decision, token: plan?.token } });
        await onGone?.();
        await changed("/users", "/workspaces");
        tell.done(t("departure.userDone", { name: fullName(user) }));
      }}
    >
      <Text size="sm">{t("departure.userText")}</Text>
      {error ? <Failure error={error} retry={() => void again()} /> : !plan && <PlanWaiting />}
      {supervised.map((id) => (
        <UserPicker
          key={id}
          label={t("departure.successor", { workspace: workspaceName(id) })}
          description={t("departure.successorText")}
          value={successors[id] ?? null}
          error={missing && !successors[id] ? t("departure.choose") : undefined}
          onChange={(successor) => setSuccessors({ ...successors, [id]: successor ?? "" })}
        />
      ))}
      {places.map(([id, holdings]) => {
        const disposal = disposals[id] ?? undecided;
        return (
          <Stack key={id} gap="xs">
            <Divider />
            <HoldingsChoice
              workspace={id}
              within={workspaceName(id)}
              principal={user.num}
              value={disposal}
              owned={countByClass(holdings)}
              needed={needsOf(holdings).length > 0}
              error={missing && !isDecided(disposal) ? t("departure.choose") : undefined}
              onChange={(d) => setDisposals({ ...disposals, [id]: d })}
            />
          </Stack>
        );
      })}
      {plan && (
        <>
          {places.length > 0 && <Divider />}
          <PlanView
            plan={plan}
            decided={decided}
            workspaceName={workspaceName}
            goes={[
              <List.Item key="account">{t("departure.userAccount", { username: user.username })}</List.Item>,
              ...(["keys", "invitations", "permissions", "sessions"] as const).flatMap((kind) => {
                const count = plan.ended[kind] ?? 0;
                return count > 0 ? [<List.Item key={kind}>{t(`departure.ended.${kind}`, { count })}</List.Item>] : [];
              }),
            ]}
          />
          <Blockers blockers={against} holdings={plan.holdings} workspaceName={workspaceName} />
        </>
      )}
    </DepartureForm>
  );
}

/**
 * useWorkspaceNames returns what the workspaces of somebody are called; others are named by their identifiers. He may come
 * to be in more of them meanwhile.
 */
function useWorkspaceNames(user: Schemas["User"]) {
  const { data, refetch } = $api.useQuery("get", "/users/{user}/workspaces", {
    params: { path: { user: user.id }, query: { limit: 200 } },
  });
  const names = new Map(data?.items.map(({ workspace }) => [workspace.id, workspace.name]));
  return { workspaceName: (id: string) => names.get(id) ?? id, refresh: refetch };
}

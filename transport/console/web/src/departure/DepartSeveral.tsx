import { Alert, Button, Group, Modal, Progress, Stack, Text } from "@mantine/core";
import { useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import type { Schemas } from "~/api/list";
import { type Problem, problemOf } from "~/api/problem";
import { useTell } from "~/shell/notices";
import { departureOf, isDecided, undecided } from "./disposal";
import { HoldingsChoice } from "./HoldingsChoice";
import { Leaving } from "./Leaving";
import { ofMembers } from "./members";
import { countByClass, needsOf, outcomeOf, standing } from "./plan";
import { askOf, usePlans } from "./usePlans";

type Member = Schemas["Member"];

type Props = {
  workspace: Pick<Schemas["Workspace"], "id" | "name">;
  members: readonly Member[];
  onClose: () => void;
  /** Some are gone, whatever became of others. */
  onGone: () => void;
};

/**
 * DepartSeveral deletes several members, each by a plan of his own: what each leaves behind is shown before anything is
 * done, and what could not be done after.
 */
export function DepartSeveral({ workspace, members, onClose, onGone }: Props) {
  const t = useTranslations("members");
  const c = useTranslations("common");
  const changed = useChanged();
  const tell = useTell();
  const [todo, setTodo] = useState(members);
  const [round, setRound] = useState(0);
  const [disposal, setDisposal] = useState(undecided);
  const [missing, setMissing] = useState(false);
  const [running, setRunning] = useState<number>();
  const [failed, setFailed] = useState<ReadonlyMap<number, Problem>>(new Map());
  const stopped = useRef(false);

  const nums = todo.map((m) => m.principal);
  const decision = departureOf(disposal);
  const { plans, isStale, asked } = usePlans(workspace.id, nums, decision, round);
  const known = todo.flatMap((m) => plans?.get(m.principal)?.plan ?? []);
  const holdings = known.flatMap((p) => p.holdings);
  const owner = todo.find((m) => (plans?.get(m.principal)?.plan?.holdings.length ?? 0) > 0);
  const decided = !owner || isDecided(disposal);
  const goes = decided ? outcomeOf(holdings).deleted.length : 0;
  const possible = todo.filter((m) => {
    const plan = plans?.get(m.principal)?.plan;
    return plan && standing(plan, decided).length === 0;
  });
  const busy = running !== undefined;
  const planning = !plans || isStale;

  async function run() {
    setMissing(!decided);
    if (!decided) {
      return;
    }
    stopped.current = false;
    const wrong = new Map<number, Problem>();
    const gone = new Set<number>();
    for (const [i, m] of possible.entries()) {
      if (stopped.current) {
        break;
      }
      setRunning(i);
      try {
        const token = plans?.get(m.principal)?.plan?.token;
        await askOf(workspace.id, m.principal, { ...decision, token }, false);
        gone.add(m.principal);
      } catch (error) {
        wrong.set(m.principal, problemOf(error));
      }
    }
    setRunning(undefined);
    if (gone.size > 0) {
      onGone();
      await changed(...ofMembers);
      tell.done(t("departure.severalDone", { count: gone.size }));
    }
    if (gone.size === todo.length) {
      onClose();
      return;
    }
    setFailed(wrong);
    setTodo(todo.filter((m) => !gone.has(m.principal)));
    setRound(round + 1); // who stays has another plan by now
  }

  return (
    <Modal
      opened
      size="lg"
      onClose={busy ? () => undefined : onClose}
      title={t("departure.several", { count: todo.length })}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <Stack>
        <Text size="sm">{t("departure.severalText", { workspace: workspace.name })}</Text>
        {failed.size > 0 && (
          <Alert color="red" role="alert">
            {t("departure.severalFailed", { count: failed.size })}
          </Alert>
        )}
        {owner && (
          <HoldingsChoice
            workspace={workspace.id}
            principal={owner.principal}
            without={nums}
            value={disposal}
            owned={countByClass(holdings)}
            needed={needsOf(holdings).length > 0}
            error={missing && !decided ? t("departure.choose") : undefined}
            disabled={busy}
            onChange={setDisposal}
          />
        )}
        <Leaving members={todo} plans={plans} decided={decided} failed={failed} />
        <div style={{ minHeight: "2.5rem" }}>
          {(planning || busy) && (
            <>
              <Progress
                value={(100 * (busy ? running : asked)) / Math.max(1, busy ? possible.length : todo.length)}
                animated
                aria-label={busy ? t("departure.several", { count: possible.length }) : t("departure.looking")}
              />
              <Text size="sm" c="dimmed" role="status">
                {busy
                  ? c("several.progress", { done: running, total: possible.length })
                  : t("departure.severalLooking", { done: asked, total: todo.length })}
              </Text>
            </>
          )}
        </div>
        <Group justify="flex-end">
          {busy ? (
            <Button
              variant="default"
              onClick={() => {
                stopped.current = true;
              }}
            >
              {c("several.stop")}
            </Button>
          ) : (
            <Button variant="default" onClick={onClose} data-autofocus>
              {failed.size > 0 ? c("close") : c("cancel")}
            </Button>
          )}
          <Button
            color="red"
            loading={busy}
            disabled={planning || possible.length === 0}
            style={{ height: "auto", minHeight: 36, paddingBlock: 6 }}
            styles={{ label: { whiteSpace: "normal" } }}
            onClick={() => void run()}
          >
            {goes > 0
              ? t("departure.severalActAll", { count: possible.length, resources: goes })
              : t("departure.severalAct", { count: possible.length })}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

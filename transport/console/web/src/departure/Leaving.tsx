import { Skeleton, Table, Text } from "@mantine/core";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import type { Problem } from "~/api/problem";
import { useProblemText } from "~/text/problem";
import { outcomeOf, standing } from "./plan";
import type { Foreseen } from "./usePlans";

type Props = {
  members: readonly Schemas["Member"][];
  plans: ReadonlyMap<number, Foreseen> | undefined;
  /** It is said what becomes of what is owned. */
  decided: boolean;
  /** Why some could not be deleted. */
  failed: ReadonlyMap<number, Problem>;
};

/** Leaving is who is about to leave, with what the departure of each does. */
export function Leaving({ members, plans, decided, failed }: Props) {
  const t = useTranslations("members");
  const problemText = useProblemText();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
    <section tabIndex={0} aria-label={t("departure.leaving")} style={{ maxHeight: "40vh", overflow: "auto" }}>
      <Table verticalSpacing={6} aria-label={t("departure.leaving")} style={{ overflowWrap: "anywhere" }}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("name")}</Table.Th>
            <Table.Th>{t("departure.consequence")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {members.map((m) => {
            const problem = failed.get(m.principal) ?? plans?.get(m.principal)?.problem;
            return (
              <Table.Tr key={m.principal}>
                <Table.Td valign="top" miw="6.5rem">
                  {m.name}
                </Table.Td>
                <Table.Td miw="9rem">
                  {plans ? <Brief of={plans.get(m.principal)} decided={decided} /> : <Skeleton height={20} />}
                  {problem && (
                    <Text size="sm" c="var(--mantine-color-error)">
                      {problemText(problem)}
                    </Text>
                  )}
                </Table.Td>
              </Table.Tr>
            );
          })}
        </Table.Tbody>
      </Table>
    </section>
  );
}

/** Brief is a plan in a line. */
function Brief({ of, decided }: { of: Foreseen | undefined; decided: boolean }) {
  const t = useTranslations("members");
  if (!of?.plan) {
    return null;
  }
  const { holdings, groups } = of.plan;
  const { deleted, transferred, left } = outcomeOf(holdings);
  const moved = transferred.reduce((sum, { fates }) => sum + fates.length, 0);
  const parts = [
    ...(groups.length > 0 ? [t("departure.brief.groups", { count: groups.length })] : []),
    ...(!decided && holdings.length > 0 ? [t("departure.brief.owns", { count: holdings.length })] : []),
    ...(decided && deleted.length > 0 ? [t("departure.brief.deleted", { count: deleted.length })] : []),
    ...(decided && moved > 0 ? [t("departure.brief.transferred", { count: moved })] : []),
    ...(decided && left.length > 0 ? [t("departure.brief.left", { count: left.length })] : []),
  ];
  const against = standing(of.plan, decided);
  return (
    <>
      <Text size="sm">{parts.length > 0 ? parts.join(" · ") : t("departure.brief.nothing")}</Text>
      {against.length > 0 && (
        <Text size="sm" c="var(--mantine-color-error)">
          {t("departure.brief.blocked", { count: against.length })}
        </Text>
      )}
    </>
  );
}

import { Alert, List, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { useState } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { type ProblemBody, problemOf } from "~/api/problem";
import { isDecided, keyQueryOf, undecided } from "~/departure/disposal";
import { HoldingsChoice } from "~/departure/HoldingsChoice";
import { FormDialog } from "~/dialog/FormDialog";
import { NodeName } from "~/explain/NodeName";
import type { Workspace } from "../workspace";
import { type Key, useKeys } from "./place";

type Props = {
  of: Key;
  workspace: Workspace;
  /** What the server says that it owns. */
  owned: ProblemBody;
  title: string;
  onClose: () => void;
  onGone: () => Promise<void>;
};

/** KeyDisposal deletes a key that owns something: an editor gets it (J-29, J-30), or what it owned alone goes (J-32). */
export function KeyDisposal({ of: key, workspace, owned, title, onClose, onGone }: Props) {
  const t = useTranslations("keys");
  const c = useTranslations("common");
  const keys = useKeys(workspace.id);
  const [blockers, setBlockers] = useState<Schemas["Blocker"][]>([]);
  const form = useForm({
    initialValues: { disposal: undecided },
    validate: { disposal: (disposal) => (isDecided(disposal) ? null : c("required")) },
  });
  const { disposal } = form.values;
  return (
    <FormDialog
      title={title}
      form={form}
      act={disposal.transfer ? t("transferAndDelete") : t("deleteAll")}
      danger
      size="lg"
      fields={{ transfer_to: "disposal" }}
      onClose={onClose}
      send={async () => {
        try {
          await keys.remove(key, keyQueryOf(disposal));
        } catch (error) {
          setBlockers(problemOf(error).body.blockers ?? []);
          throw error;
        }
        await onGone();
      }}
    >
      <Text size="sm">{t("ownsText")}</Text>
      <HoldingsChoice
        workspace={workspace.id}
        principal={key.num}
        owned={Object.entries(owned.holdings ?? {})}
        needed={blockers.some((b) => b.code === "needed")}
        value={disposal}
        error={form.errors.disposal}
        onChange={(value) => form.setFieldValue("disposal", value)}
      />
      {blockers.length > 0 && (
        <Alert color="yellow" role="alert">
          <List size="sm">
            {blockers.map((b) => (
              <List.Item key={`${b.code} ${b.node}`} style={{ overflowWrap: "anywhere" }}>
                {b.node !== undefined && b.code === "needed"
                  ? t.rich("needed", { node: () => <NodeName num={b.node as number} /> })
                  : b.text}
              </List.Item>
            ))}
          </List>
        </Alert>
      )}
      <Text size="sm" c="dimmed">
        {t("deleteText")}
      </Text>
    </FormDialog>
  );
}

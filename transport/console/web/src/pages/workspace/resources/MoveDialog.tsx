import { Alert, Button, Group, Modal, Skeleton, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import { useClasses } from "~/explain/classes";
import { Differences } from "~/explain/Differences";
import { useTell } from "~/shell/notices";
import { useProblemText } from "~/text/problem";
import { useWorkspace } from "../workspace";
import { goesInto } from "./hierarchy";
import type { NodeDialogProps } from "./NodeActions";
import { TreeView } from "./tree/TreeView";
import type { Node } from "./tree/tree";
import { useTree } from "./tree/useTree";

/** MoveDialog puts a resource elsewhere, once it was shown who gains and loses what by it. */
export function MoveDialog({ node, told, onClose }: NodeDialogProps) {
  const t = useTranslations("resources");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const problemText = useProblemText();
  const tell = useTell();
  const tree = useTree(workspace);
  const of = useClasses().find((k) => k.name === node.class);
  const [to, setTo] = useState<Node>();
  const [failure, setFailure] = useState<unknown>();
  const [busy, setBusy] = useState(false);
  const call = (parent: number, dryRun: boolean) =>
    done(
      api.POST("/resources/{resource}/move", {
        params: { path: { resource: node.num }, query: { dry_run: dryRun } },
        body: { parent },
      }),
    );
  const trial = useQuery({
    queryKey: ["trial", "move", node.num, to?.num],
    enabled: to !== undefined,
    staleTime: 0,
    gcTime: 0,
    queryFn: () => call(to?.num ?? 0, true),
  });
  const failed = failure ?? trial.error;
  return (
    <Modal
      opened
      size="lg"
      onClose={busy ? () => undefined : onClose}
      title={t("moveTitle", { name: node.display_name })}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <Stack>
        <Text size="sm">{t("moveText")}</Text>
        <TreeView
          tree={tree}
          label={t("moveTo")}
          chosen={to?.num}
          choosable={(n) => n.num !== node.num && n.num !== node.parent && goesInto(of, n.class)}
          onChoose={(n) => {
            setFailure(undefined);
            setTo(n);
          }}
          height="16rem"
        />
        <div style={{ minHeight: 60 }}>
          {to && (
            <Text size="sm" mb="xs" style={{ overflowWrap: "anywhere" }}>
              {t("moveChosen", { name: to.display_name })}
            </Text>
          )}
          {trial.isFetching && <Skeleton height={40} />}
          {trial.data && !trial.isFetching && (
            <Differences
              trial={{
                differences: trial.data.differences ?? [],
                more: trial.data.more ?? false,
                unknown: trial.data.unknown ?? [],
              }}
            />
          )}
          {failed && (
            <Alert color="red" role="alert">
              {problemText(failed)}
            </Alert>
          )}
        </div>
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={busy}>
            {c("cancel")}
          </Button>
          <Button
            loading={busy}
            disabled={!to || !trial.data || trial.isFetching}
            onClick={async () => {
              setBusy(true);
              setFailure(undefined);
              try {
                await call(to?.num ?? 0, false);
                tell.done(t("moved"));
                onClose();
                await told([node.parent, to?.num ?? 0], node.num);
              } catch (error) {
                setFailure(error);
                setBusy(false);
              }
            }}
          >
            {t("moveHere")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

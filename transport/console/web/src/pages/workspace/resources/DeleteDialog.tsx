import { Alert, Checkbox, List, Modal, Skeleton, Text } from "@mantine/core";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import type { Schemas } from "~/api/list";
import { Confirm } from "~/dialog/Confirm";
import { useClassName } from "~/explain/classes";
import { NodeName } from "~/explain/NodeName";
import { Failure } from "~/shell/Failure";
import { useTell } from "~/shell/notices";
import { useAmount } from "~/text/amount";
import type { NodeDialogProps } from "./NodeActions";

/** How many references are named before the rest is counted. */
const named = 10;

/** DeleteDialog deletes a resource with all in it, once it was said what goes and what refers to it. */
export function DeleteDialog({ node, told, onClose }: NodeDialogProps) {
  const t = useTranslations("resources");
  const c = useTranslations("common");
  const amount = useAmount();
  const className = useClassName();
  const tell = useTell();
  const [cascade, setCascade] = useState(false);
  const path = { resource: node.num };
  const { data: plan, error } = useQuery({
    queryKey: ["trial", "delete", node.num, cascade],
    staleTime: 0,
    gcTime: 0,
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) =>
      (await done(
        api.DELETE("/resources/{resource}", { params: { path, query: { dry_run: true, cascade } }, signal }),
      )) as Schemas["Deletion"],
  });
  const title = t("deleteTitle", { name: node.display_name });
  if (!plan) {
    return (
      <Modal opened onClose={onClose} title={title} closeButtonProps={{ "aria-label": c("close") }}>
        {error ? <Failure error={error} /> : <Skeleton height={140} />}
      </Modal>
    );
  }
  const total = Object.values(plan.affected).reduce((a, b) => a + b, 0);
  return (
    <Confirm
      title={title}
      act={t("deleteAct", { count: total })}
      goes={Object.entries(plan.affected).map(([of, count]) => t("goesOf", { class: className(of), count }))}
      name={total > 1 ? node.display_name.trim() : undefined}
      onClose={onClose}
      run={async () => {
        await api.DELETE("/resources/{resource}", { params: { path, query: { cascade } } });
        tell.done(t("deleted", { count: total }));
        await told([node.parent], node.parent);
      }}
    >
      <Text size="sm">{t("deleteText", { count: total })}</Text>
      {plan.bytes > 0 && <Text size="sm">{t("freed", { amount: amount(plan.bytes, "bytes") })}</Text>}
      {plan.references.length > 0 && (
        <>
          <Alert color="yellow" title={t("referred", { count: plan.references.length })}>
            <List size="sm">
              {plan.references.slice(0, named).map((r) => (
                <List.Item key={`${r.from} ${r.name} ${r.to}`}>
                  <NodeName num={r.from} /> → <NodeName num={r.to} /> ({r.name})
                </List.Item>
              ))}
            </List>
            {plan.references.length > named && t("andMore", { count: plan.references.length - named })}
          </Alert>
          <Checkbox
            label={t("cascade")}
            description={t("cascadeText")}
            checked={cascade}
            onChange={(event) => setCascade(event.currentTarget.checked)}
          />
        </>
      )}
      {!plan.deletable && plan.references.length === 0 && <Alert color="yellow">{t("undeletable")}</Alert>}
    </Confirm>
  );
}

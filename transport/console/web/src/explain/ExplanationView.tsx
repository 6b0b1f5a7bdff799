import { Alert, Stack, Text, Title } from "@mantine/core";
import { IconCircleCheck, IconCircleX } from "@tabler/icons-react";
import { useMemo } from "react";
import { useTranslations } from "use-intl";
import { useWorkspace } from "~/pages/workspace/workspace";
import type { Explanation } from "./decide";
import classes from "./explain.module.css";
import { Flip } from "./Flip";
import { useNodeName } from "./nodes";
import { PathView } from "./PathView";
import { usePermissionNames } from "./permissions";
import { usePrincipals } from "./principals";

/** ExplanationView draws an explanation, with those that it rests on below it. */
export function ExplanationView({ explanation: e, because }: { explanation: Explanation; because?: string }) {
  const t = useTranslations("explain");
  const { workspace } = useWorkspace();
  const names = usePermissionNames();
  const nameOf = usePrincipals(
    workspace.id,
    useMemo(() => [e.principal], [e.principal]),
  );
  const name = nameOf(e.principal).name;
  const node = useNodeName(e.node);
  const missingNode = useNodeName(e.missing?.node);
  const what = names.full(e.permission);
  return (
    <Stack gap="sm">
      {because && (
        <Title order={3} size="h5">
          {because}
        </Title>
      )}
      <Alert
        color={e.allowed ? "teal" : "red"}
        icon={e.allowed ? <IconCircleCheck aria-hidden /> : <IconCircleX aria-hidden />}
        title={t(e.allowed ? "may" : "mayNot", { name, what, node })}
      >
        {t(`cause.${e.cause}`)}
        {e.missing && (
          <Text size="sm" mt={4}>
            {t("missing", {
              what: names.full(e.missing.permission),
              needs: names.full(e.missing.needs),
              node: missingNode,
            })}
          </Text>
        )}
      </Alert>
      <PathView explanation={e} />
      {e.why && (
        <div className={classes.because}>
          <ExplanationView explanation={e.why} because={t("because.why", { what: names.full(e.why.permission) })} />
        </div>
      )}
      {e.behalf && (
        <div className={classes.because}>
          <ExplanationView explanation={e.behalf} because={t("because.behalf")} />
        </div>
      )}
      {!because && <Flip explanation={e} />}
    </Stack>
  );
}

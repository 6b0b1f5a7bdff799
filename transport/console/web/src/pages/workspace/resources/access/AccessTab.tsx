import { Stack, Text, Title } from "@mantine/core";
import { useTranslations } from "use-intl";
import type { Resource } from "../NodePanel";
import { AccessTable } from "./AccessTable";
import { PersonRights } from "./PersonRights";

/** AccessTab is who may do what on a node, and why. */
export function AccessTab({ node }: { node: Resource }) {
  const t = useTranslations("resources");
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        {t("access.text")}
      </Text>
      <AccessTable node={node} />
      <Title order={3} size="h5">
        {t("access.one")}
      </Title>
      <PersonRights node={node} />
    </Stack>
  );
}

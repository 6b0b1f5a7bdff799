import { Badge } from "@mantine/core";
import { useTranslations } from "use-intl";
import type { Key } from "./place";

/** KeyState says in a word what has become of a key. */
export function KeyState({ of: key }: { of: Key }) {
  const t = useTranslations("keys");
  return (
    <Badge variant="default" tt="none" fw={500} radius="sm" miw="max-content">
      {t(`state.${key.state}`)}
    </Badge>
  );
}

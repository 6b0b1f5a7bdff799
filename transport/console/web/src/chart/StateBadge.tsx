import { Badge } from "@mantine/core";
import { IconCircleCheck, IconLock } from "@tabler/icons-react";

/** StateBadge says whether a workspace is in use, by a word and a sign. */
export function StateBadge({ active, children }: { active: boolean; children: string }) {
  const Sign = active ? IconCircleCheck : IconLock;
  return (
    <Badge variant="default" tt="none" fw={500} miw="max-content" leftSection={<Sign size={14} aria-hidden />}>
      {children}
    </Badge>
  );
}

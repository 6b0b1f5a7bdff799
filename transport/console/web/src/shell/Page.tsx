import { Group, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";

/** A Page has one title, which is the document's too, and what is done on it at the right. */
export function Page({
  title,
  of,
  text,
  actions,
  children,
}: {
  title: string;
  of?: string;
  text?: string;
  actions?: ReactNode;
  children: ReactNode;
}) {
  useEffect(() => {
    document.title = [title, of, "Bailiwick"].filter(Boolean).join(" · ");
  }, [title, of]);
  return (
    <Stack gap="md">
      <Group justify="space-between" align="flex-start" gap="sm">
        <div>
          <Title order={1} size="h2" style={{ overflowWrap: "anywhere" }}>
            {title}
          </Title>
          {text && <Text c="dimmed">{text}</Text>}
        </div>
        {actions && <Group gap="sm">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}

import { Text } from "@mantine/core";

/** Identifier is one that programs use, in a cell: it takes two lines rather than four. */
export function Identifier({ of }: { of: string }) {
  return (
    <Text span size="xs" ff="monospace" display="inline-block" miw="9.5rem">
      {of}
    </Text>
  );
}

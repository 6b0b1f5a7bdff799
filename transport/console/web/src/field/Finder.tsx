import { Loader, Select, Text } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { type ReactNode, useState } from "react";

/** What every picker is told; it tells what was chosen whole, since what else is asked may depend on it. */
export type PickerProps<T> = {
  label: string;
  description?: ReactNode;
  "data-autofocus"?: boolean;
  placeholder?: string;
  value: string | null;
  error?: ReactNode;
  disabled?: boolean;
  onChange: (id: string | null, chosen?: T) => void;
};

type Props<T> = PickerProps<T> & {
  finder: Finding<T>;
  /** What fits what is asked, and whether the server is still being asked. */
  found: readonly T[];
  busy: boolean;
  id: (thing: T) => string;
  /** What tells things of one name apart. */
  detail?: (thing: T) => string | undefined;
  /** What is said when nothing fits. */
  nothing: string;
  required?: boolean;
  /** What clears the choice, where there may be none. */
  clear?: Record<string, unknown>;
};

/** useFinder returns what a Finder needs to know, among which is what is asked of the server. `from` is chosen already. */
export function useFinder<T>(name: (thing: T) => string, from?: T) {
  const [text, write] = useState(from === undefined ? "" : name(from));
  const [chosen, choose] = useState(from);
  // What is written in the field after choosing is a name, not a question.
  const [q] = useDebouncedValue(chosen !== undefined && text === name(chosen) ? "" : text.trim(), 200);
  return { q: q || undefined, name, text, write, chosen, choose };
}

type Finding<T> = ReturnType<typeof useFinder<T>>;

/**
 * A Finder chooses one of many things by what somebody writes: the server finds them, and what was chosen stays among
 * the choices whatever it finds next.
 */
export function Finder<T>({
  finder,
  found,
  busy,
  id,
  detail,
  nothing,
  clear,
  required,
  value,
  onChange,
  ...field
}: Props<T>) {
  const { name, text, write, chosen, choose } = finder;
  const missing = chosen !== undefined && id(chosen) === value && !found.some((f) => id(f) === value);
  const shown = missing ? [chosen, ...found] : found;
  const byId = new Map(shown.map((f) => [id(f), f]));
  return (
    <Select
      {...field}
      required={required}
      withAsterisk={required}
      clearable={clear !== undefined}
      allowDeselect={clear !== undefined}
      clearButtonProps={clear}
      searchable
      searchValue={text}
      onSearchChange={write}
      filter={({ options }) => options} // the server has filtered
      nothingFoundMessage={busy ? undefined : nothing}
      rightSection={busy ? <Loader size="xs" aria-hidden /> : undefined}
      data={[...byId].map(([value, f]) => ({ value, label: name(f) }))}
      renderOption={({ option }) => {
        const thing = byId.get(option.value);
        const more = thing && detail?.(thing);
        return (
          <div style={{ overflowWrap: "anywhere" }}>
            <Text size="sm">{option.label}</Text>
            {more && (
              <Text size="xs" c="dimmed">
                {more}
              </Text>
            )}
          </div>
        );
      }}
      value={value}
      onChange={(next) => {
        const thing = next === null ? undefined : byId.get(next);
        choose(thing);
        onChange(next, thing);
      }}
    />
  );
}

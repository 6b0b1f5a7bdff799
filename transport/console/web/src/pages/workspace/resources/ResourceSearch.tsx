import { Button, Group, Select, Stack, Text, TextInput, UnstyledButton } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { type ReactNode, useState } from "react";
import { useTranslations } from "use-intl";
import { api, done } from "~/api/client";
import { useClasses, useClassName } from "~/explain/classes";
import { Failure } from "~/shell/Failure";
import { ClassIcon } from "./ClassIcon";
import { PathLine } from "./PathLine";
import classes from "./resources.module.css";

type Props = {
  workspace: { num: number };
  onFound: (num: number) => void;
  /** What is there while nobody looks for anything. */
  children: ReactNode;
};

/** ResourceSearch looks for resources anywhere in a workspace, by name and class; what is found leads into the tree. */
export function ResourceSearch({ workspace, onFound, children }: Props) {
  const t = useTranslations("resources");
  const table = useTranslations("table");
  const classList = useClasses();
  const className = useClassName();
  const [text, setText] = useState("");
  const [of, setOf] = useState<string | null>(null);
  const [q] = useDebouncedValue(text.trim(), 250);
  const looking = q !== "" || of !== null;
  const clear = () => {
    setText("");
    setOf(null);
  };
  return (
    <Stack gap="xs">
      <Group gap="xs" wrap="nowrap" align="flex-end">
        <TextInput
          type="search"
          flex={1}
          aria-label={t("search")}
          placeholder={t("search")}
          leftSection={<IconSearch size={16} aria-hidden />}
          value={text}
          maxLength={200}
          onChange={(event) => setText(event.currentTarget.value)}
          onKeyDown={(event) => {
            if (event.key === "Escape") {
              clear();
            }
          }}
        />
        <Select
          w="40%"
          aria-label={t("class")}
          placeholder={t("anyClass")}
          clearable
          clearButtonProps={{ "aria-label": table("reset") }}
          searchable
          data={classList.map((c) => ({ value: c.name, label: className(c.name) }))}
          value={of}
          onChange={setOf}
        />
      </Group>
      {looking ? (
        <Found
          under={workspace.num}
          q={q}
          of={of}
          onFound={(num) => {
            clear();
            onFound(num);
          }}
          clear={clear}
        />
      ) : (
        children
      )}
    </Stack>
  );
}

type FoundProps = { under: number; q: string; of: string | null; onFound: (num: number) => void; clear: () => void };

function Found({ under, q, of, onFound, clear }: FoundProps) {
  const t = useTranslations("resources");
  const table = useTranslations("table");
  const className = useClassName();
  const body = { under, ilike: q ? `%${q}%` : undefined, class: of ? [of] : undefined };
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetching } = useInfiniteQuery({
    queryKey: ["list", "/resources", "search", body],
    initialPageParam: undefined as string | undefined,
    queryFn: ({ pageParam, signal }) => {
      const query = { limit: 50, sort: "name", fields: "num,parent,class,display_name", cursor: pageParam } as const;
      return done(api.POST("/resources/search", { params: { query }, body, signal }));
    },
    getNextPageParam: (page) => page.next,
  });
  if (error) {
    return <Failure error={error} retry={() => void refetch()} />;
  }
  const hits = data?.pages.flatMap((p) => p.items).filter((n) => n.num !== under) ?? [];
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="sm" role="status">
          {data ? t("found", { count: hits.length, more: String(Boolean(hasNextPage)) }) : table("loading")}
        </Text>
        <Button size="compact-sm" variant="subtle" onClick={clear}>
          {t("backToTree")}
        </Button>
      </Group>
      <ul className={classes.found} aria-label={t("foundList")}>
        {hits.map((n) => (
          <li key={n.num}>
            <UnstyledButton className={classes.hit} onClick={() => onFound(n.num)}>
              <ClassIcon of={n.class} />
              <span>
                <Text size="sm" component="span" display="block">
                  <bdi>{n.display_name}</bdi>
                </Text>
                <Text size="xs" c="dimmed" component="span" display="block">
                  {className(n.class)} · <PathLine parent={n.parent} />
                </Text>
              </span>
            </UnstyledButton>
          </li>
        ))}
        {hasNextPage && (
          <li>
            <Button fullWidth variant="default" loading={isFetching} onClick={() => void fetchNextPage()}>
              {t("more")}
            </Button>
          </li>
        )}
      </ul>
    </Stack>
  );
}

import { Box, Center, NativeSelect, Paper, Stack, Text, Title } from "@mantine/core";
import { type ReactNode, useEffect } from "react";
import { useTranslations } from "use-intl";
import { Floating } from "~/shell/Floating";
import { type Language, languages } from "~/text/catalog";
import { useLanguage } from "~/text/LanguageProvider";

/**
 * Entry is what a page looks like that people see before they are signed in; it speaks the language they choose. The
 * window's title is the page's own unless it is said.
 */
export function Entry({ title, named, children }: { title: string; named?: string; children: ReactNode }) {
  const t = useTranslations("session");
  const { language, choose } = useLanguage();
  useEffect(() => {
    document.title = named ?? `${title} · Bailiwick`;
  }, [title, named]);
  return (
    <Center component="main" mih="100vh" p="md">
      <Stack w="100%" maw={460}>
        <Paper withBorder p={{ base: "md", xs: "xl" }} radius="md">
          <Stack>
            <Box>
              <Text fw={700} c="dimmed" size="sm">
                Bailiwick
              </Text>
              <Title order={1} size="h3" style={{ overflowWrap: "anywhere" }}>
                {title}
              </Title>
            </Box>
            {children}
          </Stack>
        </Paper>
        <NativeSelect
          size="xs"
          aria-label={t("language")}
          data={Object.entries(languages).map(([value, label]) => ({ value, label }))}
          value={language}
          onChange={(event) => choose(event.currentTarget.value as Language)}
          w={140}
          mx="auto"
        />
      </Stack>
      <Floating />
    </Center>
  );
}

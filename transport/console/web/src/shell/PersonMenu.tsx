import { Button, Menu, useMantineColorScheme } from "@mantine/core";
import {
  IconCheck,
  IconLanguage,
  IconLogout,
  IconMoon,
  IconSettings,
  IconSun,
  IconSunMoon,
  IconUserCircle,
} from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { api } from "~/api/client";
import { useSession, useUser } from "~/session/SessionProvider";
import { type Language, languages } from "~/text/catalog";
import { useLanguage } from "~/text/LanguageProvider";
import { fullName } from "~/text/person";
import { useTell } from "./notices";

/** PersonMenu says who is signed in, and has what concerns him alone. */
export function PersonMenu() {
  const t = useTranslations("shell");
  const user = useUser();
  const { signOut } = useSession();
  const { language, choose } = useLanguage();
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const tell = useTell();

  async function speak(next: Language) {
    choose(next);
    try {
      await api.PATCH("/me", { body: { language: next } });
    } catch (error) {
      tell.failure(error);
    }
  }

  const schemes = [
    { value: "light", label: t("light"), icon: IconSun },
    { value: "dark", label: t("dark"), icon: IconMoon },
    { value: "auto", label: t("auto"), icon: IconSunMoon },
  ] as const;
  const tick = <IconCheck size={16} aria-hidden />;
  return (
    <Menu position="bottom-end" shadow="md" width={240}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          leftSection={<IconUserCircle size={20} aria-hidden />}
          maw="50vw"
          c="var(--mantine-color-text)"
        >
          {fullName(user)}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component={Link} to="/account" leftSection={<IconSettings size={16} aria-hidden />}>
          {t("account")}
        </Menu.Item>
        <Menu.Divider />
        <Menu.Label>{t("language")}</Menu.Label>
        {Object.entries(languages).map(([value, label]) => (
          <Menu.Item
            key={value}
            lang={value}
            leftSection={<IconLanguage size={16} aria-hidden />}
            rightSection={language === value ? tick : undefined}
            aria-current={language === value || undefined}
            onClick={() => void speak(value as Language)}
          >
            {label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Label>{t("scheme")}</Menu.Label>
        {schemes.map((s) => (
          <Menu.Item
            key={s.value}
            leftSection={<s.icon size={16} aria-hidden />}
            rightSection={colorScheme === s.value ? tick : undefined}
            aria-current={colorScheme === s.value || undefined}
            onClick={() => setColorScheme(s.value)}
          >
            {s.label}
          </Menu.Item>
        ))}
        <Menu.Divider />
        <Menu.Item leftSection={<IconLogout size={16} aria-hidden />} onClick={() => void signOut()}>
          {t("signOut")}
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

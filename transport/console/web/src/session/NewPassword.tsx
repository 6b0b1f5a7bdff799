import { PasswordInput, type PasswordInputProps } from "@mantine/core";
import { useTranslations } from "use-intl";

/** NewPassword is where somebody chooses a password; it says before what is wanted of one. */
export function NewPassword(props: PasswordInputProps) {
  const t = useTranslations("session.choose");
  const s = useTranslations("session");
  return (
    <PasswordInput
      description={t("rules")}
      autoComplete="new-password"
      required
      visibilityToggleButtonProps={{ "aria-label": s("showPassword"), tabIndex: 0 }}
      {...props}
    />
  );
}

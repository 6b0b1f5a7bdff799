import { Modal } from "@mantine/core";
import { useTranslations } from "use-intl";
import { Why, type WhyProps } from "./Why";

/** WhyDialog is the reason in a dialog. */
export function WhyDialog({ onClose, ...of }: WhyProps & { onClose: () => void }) {
  const t = useTranslations("explain");
  const c = useTranslations("common");
  return (
    <Modal opened onClose={onClose} size="lg" title={t("why")} closeButtonProps={{ "aria-label": c("close") }}>
      <Why {...of} />
    </Modal>
  );
}

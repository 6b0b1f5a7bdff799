import { Anchor, Group, List, Skeleton, Text, ThemeIcon } from "@mantine/core";
import { IconAlertTriangle, IconBan, IconCircleCheck, IconMail } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { useTranslations } from "use-intl";
import { Card } from "~/chart/Card";
import { type Concern, useConcerns } from "./useConcerns";

/** Attention is what somebody should see to: what is nearly full, and who has not answered yet. */
export function Attention({ administers }: { administers: boolean }) {
  const t = useTranslations("home");
  const { concerns, isPending, isNone } = useConcerns(administers);
  if (isNone) {
    return null; // there is nothing that he answers for
  }
  return (
    <Card title={t("attention.title")}>
      {isPending ? (
        <Skeleton height={24} />
      ) : concerns.length === 0 ? (
        <Group gap="xs" wrap="nowrap">
          <IconCircleCheck size={18} aria-hidden style={{ flexShrink: 0 }} />
          <Text size="sm">{t("attention.none")}</Text>
        </Group>
      ) : (
        <List listStyleType="none" spacing="xs" center>
          {concerns.map((concern) => (
            <List.Item key={concern.id} icon={<Sign kind={concern.kind} />}>
              <Anchor component={Link} to={concern.to} search={concern.search as never} size="sm">
                {concern.text}
              </Anchor>
            </List.Item>
          ))}
        </List>
      )}
    </Card>
  );
}

const signs = {
  full: { icon: IconBan, color: "red" },
  near: { icon: IconAlertTriangle, color: "orange" },
  pending: { icon: IconMail, color: "blue" },
} as const;

function Sign({ kind }: { kind: Concern["kind"] }) {
  const { icon: Icon, color } = signs[kind];
  return (
    <ThemeIcon variant="light" color={color} size={26} aria-hidden>
      <Icon size={16} aria-hidden />
    </ThemeIcon>
  );
}

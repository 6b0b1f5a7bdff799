import { Button, Group, Modal, Stack, Title } from "@mantine/core";
import { useFormatter, useTranslations } from "use-intl";
import { Facts } from "~/dialog/Facts";
import { changesOf } from "./change";
import { Difference } from "./Difference";
import { type AuditEvent, objectName, useActionName, useKindName, useReason, useViaName } from "./events";
import { Outcome } from "./Outcome";
import { WorkspaceName } from "./WorkspaceName";

type Props = { event: AuditEvent; platform: boolean; onClose: () => void };

/** EventInfo is all that is kept of an event: who, when, from where, with what, and what it was before and is now. */
export function EventInfo({ event, platform, onClose }: Props) {
  const t = useTranslations("audit");
  const c = useTranslations("common");
  const format = useFormatter();
  const actionName = useActionName();
  const kindName = useKindName();
  const viaName = useViaName();
  const reason = useReason()(event);
  const changes = changesOf(event.before, event.detail);
  return (
    <Modal
      opened
      onClose={onClose}
      size="lg"
      title={actionName(event.action)}
      closeButtonProps={{ "aria-label": c("close") }}
    >
      <Stack>
        <Facts
          of={[
            [t("at"), format.dateTime(new Date(event.at), { dateStyle: "full", timeStyle: "long" })],
            [t("actor"), event.behalf ? t("behalf", { actor: event.actor, behalf: event.behalf }) : event.actor],
            [t("outcome"), <Outcome key="outcome" event={event} />],
            [t("reason"), reason],
            [t("object"), [kindName(event.object.kind), objectName(event)].filter(Boolean).join(": ")],
            [t("objectId"), event.object.name && event.object.id],
            [t("workspace"), platform && event.workspace ? <WorkspaceName key="w" id={event.workspace} /> : undefined],
            [t("address"), event.address],
            [t("viaName"), viaName(event.via)],
            [t("credential"), event.credential],
            [t("code"), <code key="code">{event.action}</code>],
            [t("seq"), event.seq && format.number(event.seq)],
            [t("hash"), event.hash],
          ]}
        />
        {changes.length > 0 && (
          <div>
            <Title order={3} size="h5" mb="xs">
              {t("changes")}
            </Title>
            <Difference changes={changes} />
          </div>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} data-autofocus>
            {c("close")}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}

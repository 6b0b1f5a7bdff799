import { Alert, Select, Text } from "@mantine/core";
import { useForm } from "@mantine/form";
import { IconAlertTriangle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useTranslations } from "use-intl";
import { useChanged } from "~/api/changed";
import { api } from "~/api/client";
import { problemOf } from "~/api/problem";
import { HeirPicker } from "~/departure/HeirPicker";
import { ofMembers } from "~/departure/members";
import { Facts } from "~/dialog/Facts";
import { FormDialog } from "~/dialog/FormDialog";
import { useClassName } from "~/explain/classes";
import { useTell } from "~/shell/notices";
import { useProblemText } from "~/text/problem";
import { useRoleName, useRoleNames } from "~/text/words";
import { useWorkspace } from "../workspace";
import { type Member, roles } from "./Members";

type Role = (typeof roles)[number];
type Values = { role: Role | null; heir: number | null };

/** isRole reports whether a role is one of those of which a member has one. */
function isRole(role: string): role is Role {
  return roles.some((r) => r === role);
}

/**
 * MemberForm shows a member, of whom the role alone can be changed (J-41). Who owns something and is to be a Viewer, who
 * owns nothing, leaves that to somebody (JA-12).
 */
export function MemberForm({ member, onClose }: { member: Member; onClose: () => void }) {
  const t = useTranslations("members");
  const c = useTranslations("common");
  const { workspace } = useWorkspace();
  const roleName = useRoleName();
  const roleNames = useRoleNames();
  const className = useClassName();
  const problemText = useProblemText();
  const changed = useChanged();
  const tell = useTell();
  const own = member.roles.find(isRole) ?? null;
  const others = member.roles.filter((r) => !isRole(r)); // what he is besides, he stays
  /** Whether it came out on sending that something is owned. */
  const [owning, setOwning] = useState(false);
  /** Whether somebody is to be chosen, when the form is sent. */
  const asksHeir = useRef(false);
  const form = useForm<Values>({
    initialValues: { role: own, heir: null },
    validate: {
      role: (to) => (to ? null : c("required")),
      heir: (heir) => (asksHeir.current && heir === null ? c("required") : null),
    },
  });
  const { role } = form.values;
  const put = (to: Role | null, heir: number | null, dryRun: boolean) =>
    api.PUT("/workspaces/{workspace}/members/{principal}", {
      params: {
        path: { workspace: workspace.id, principal: member.principal },
        query: { dry_run: dryRun || undefined },
      },
      body: { roles: [...others, ...(to ? [to] : [])], ...(heir === null ? {} : { transfer_to: heir }) },
    });
  // Asked before it is sent, so that what there is to decide is there when the button is pressed.
  const trial = useQuery({
    queryKey: ["trial", "", "role", workspace.id, member.principal, role],
    enabled: role !== null && role !== own,
    staleTime: 0,
    gcTime: 0,
    retry: false,
    queryFn: async () => {
      await put(role, null, true);
      return true;
    },
  });
  const problem = trial.error ? problemOf(trial.error) : undefined;
  const owns = role !== own && (owning || problem?.code === "owns_resources");
  asksHeir.current = owns;
  return (
    <FormDialog
      title={t("modifyOf", { name: member.name })}
      form={form}
      act={c("save")}
      fields={{ roles: "role", transfer_to: "heir" }}
      onClose={onClose}
      send={async ({ role: to, heir }) => {
        try {
          await put(to, owns ? heir : null, false);
        } catch (error) {
          setOwning(problemOf(error).code === "owns_resources");
          throw error;
        }
        await changed(...ofMembers, "/check");
        tell.done(c("saved"));
      }}
    >
      <Facts
        of={[
          [t("name"), member.name],
          [t("email"), member.email],
          [t("besides"), others.length > 0 ? roleNames(others) : undefined],
        ]}
      />
      <Select
        label={t("role")}
        description={role ? t(`roleText.${role}`) : undefined}
        inputWrapperOrder={["label", "input", "description", "error"]}
        withAsterisk
        required
        allowDeselect={false}
        data={roles.map((value) => ({ value, label: roleName(value) }))}
        {...form.getInputProps("role")}
      />
      {owns && (
        <>
          <Alert color="yellow" role="alert" icon={<IconAlertTriangle aria-hidden />} title={t("ownsStill")}>
            <Text size="sm">{t("ownsStillText", { name: member.name, role: role ? roleName(role) : "" })}</Text>
            {Object.entries(problem?.body.holdings ?? {}).map(([name, count]) => (
              <Text size="sm" key={name}>
                {t("departure.ownedOf", { class: className(name), count })}
              </Text>
            ))}
          </Alert>
          <HeirPicker
            workspace={workspace.id}
            principal={member.principal}
            label={t("departure.transfer")}
            value={form.values.heir}
            error={form.errors.heir}
            onChange={(heir) => form.setFieldValue("heir", heir)}
          />
        </>
      )}
      {problem && !owns && (
        <Text size="sm" c="var(--mantine-color-error)" role="status">
          {problemText(problem)}
        </Text>
      )}
    </FormDialog>
  );
}

import { Anchor, Group } from "@mantine/core";
import { IconInfoCircle, IconTree } from "@tabler/icons-react";
import { useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { useTranslations } from "use-intl";
import type { Schemas } from "~/api/list";
import { useClasses, useClassName } from "~/explain/classes";
import { Page } from "~/shell/Page";
import type { Column } from "~/table/column";
import { DataTable } from "~/table/DataTable";
import { Time } from "~/text/Time";
import { ClassIcon } from "../resources/ClassIcon";
import { PathLine } from "../resources/PathLine";
import { useWorkspace } from "../workspace";
import { ContentInfo } from "./ContentInfo";

type Resource = Schemas["Resource"];

/** Content is what the reader may see in a workspace, wherever it lies (J-67). */
export default function Content() {
  const t = useTranslations("resources");
  const c = useTranslations("common");
  const { workspace, may } = useWorkspace();
  const navigate = useNavigate();
  const [opened, setOpened] = useState<number>();
  const columns = useColumns(setOpened);
  return (
    <Page title={t("contentTitle")} of={workspace.name} text={t("contentText")}>
      <DataTable
        id="content"
        label={t("contentTitle")}
        path="/resources"
        query={{
          under: workspace.num,
          fields: "num,parent,class,display_name,keyname,created,updated",
        }}
        columns={columns}
        rowId={(r) => String(r.num)}
        rowName={(r) => r.display_name}
        searchIn={t("searchContent")}
        sort="name"
        empty={{ title: t("contentEmpty"), text: t("contentEmptyText") }}
        rowActions={[
          { label: c("info"), icon: <IconInfoCircle size={16} />, run: (r) => setOpened(r.num) },
          {
            label: t("inTree"),
            icon: <IconTree size={16} />,
            hidden: () => !may("workspace.read_members"),
            run: (r) =>
              void navigate({
                to: `/workspaces/${workspace.id}/resources`,
                search: { node: String(r.num) } as never,
              }),
          },
        ]}
      />
      {opened !== undefined && <ContentInfo num={opened} onClose={() => setOpened(undefined)} />}
    </Page>
  );
}

function useColumns(open: (num: number) => void): Column<Resource>[] {
  const t = useTranslations("resources");
  const classes = useClasses();
  const className = useClassName();
  return useMemo(
    () => [
      {
        id: "name",
        header: t("name"),
        sort: "name",
        fixed: true,
        cell: (r) => (
          <Group gap="xs" wrap="nowrap">
            <ClassIcon of={r.class} />
            <Anchor component="button" type="button" ta="left" onClick={() => open(r.num)}>
              <bdi>{r.display_name}</bdi>
            </Anchor>
          </Group>
        ),
        text: (r) => r.display_name,
      },
      {
        id: "class",
        header: t("class"),
        sort: "class",
        filter: {
          kind: "choice",
          param: "class",
          options: classes.map((k) => ({ value: k.name, label: className(k.name) })),
        },
        cell: (r) => className(r.class),
        text: (r) => className(r.class),
      },
      { id: "path", header: t("path"), cell: (r) => <PathLine parent={r.parent} />, text: (r) => r.parent },
      { id: "keyname", header: t("keyname"), hidden: true, cell: (r) => r.keyname ?? "–", text: (r) => r.keyname },
      {
        id: "created",
        header: t("created"),
        sort: "created",
        hidden: true,
        cell: (r) => <Time at={r.created} />,
        text: (r) => r.created,
      },
      {
        id: "updated",
        header: t("updated"),
        sort: "updated",
        cell: (r) => <Time at={r.updated} />,
        text: (r) => r.updated,
      },
    ],
    [t, classes, className, open],
  );
}

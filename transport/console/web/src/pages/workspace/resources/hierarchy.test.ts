import { expect, it } from "vitest";
import type { ResourceClass } from "~/explain/classes";
import { goesInto, neededBy, settingsOf } from "./hierarchy";

const attribute = { nullable: false, fixed: false, read_only: false };
const layer: ResourceClass = {
  name: "postgis_layer",
  labels: {},
  category: "layers",
  interfaces: [],
  parents: ["resource_group"],
  scopes: [],
  members: [
    {
      name: "postgis_layer",
      attributes: [
        {
          ...attribute,
          name: "connection",
          kind: "object",
          required: true,
          of: [{ ...attribute, name: "id", kind: "link", required: true, classes: ["postgis_connection"] }],
        },
        { ...attribute, name: "schema", kind: "text", required: false },
        { ...attribute, name: "table", kind: "text", required: true },
        { ...attribute, name: "told", kind: "text", required: true, read_only: true },
      ],
    },
  ],
};

it("has a workspace take what a group takes", () => {
  expect(goesInto(layer, "workspace")).toBe(true);
  expect(goesInto(layer, "resource_group")).toBe(true);
  expect(goesInto(layer, "vector_layer")).toBe(false);
  expect(goesInto(undefined, "workspace")).toBe(false);
});

it("asks for what has to be said, and puts it where it belongs", () => {
  const needed = neededBy(layer);
  expect(needed.map((n) => n.key)).toEqual(["postgis_layer/connection/id", "postgis_layer/table"]);
  expect(settingsOf(needed, { "postgis_layer/connection/id": 7, "postgis_layer/table": "wells", other: 1 })).toEqual({
    postgis_layer: { connection: { id: 7 }, table: "wells" },
  });
  expect(settingsOf([], {})).toEqual({});
});

import { expect, it } from "vitest";
import { patchOf, type Values } from "./values";

const was: Values = {
  name: "Atelier",
  technical_name: "atelier",
  description: "",
  contact: "a@example.org",
  public: false,
  number: "01",
  constructor_: "",
  type: "",
  gross_area: "",
  status: "",
};

it("sends nothing where nothing was changed", () => {
  expect(patchOf(was, { ...was })).toEqual({});
  expect(patchOf(was, { ...was, name: " Atelier " })).toEqual({});
});

it("sends what was changed alone", () => {
  expect(patchOf(was, { ...was, name: "Studio", contact: "" })).toEqual({ name: "Studio", contact: "" });
  expect(patchOf(was, { ...was, public: true })).toEqual({ public: true });
});

it("sends what a project is in its own place", () => {
  expect(patchOf(was, { ...was, constructor_: "Bâtisseurs", type: 3, number: "" })).toEqual({
    project: { number: "", constructor: "Bâtisseurs", type: 3 },
  });
  expect(patchOf({ ...was, type: 3 }, was)).toEqual({ project: { type: null } });
});

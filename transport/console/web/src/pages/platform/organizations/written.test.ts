import { expect, it } from "vitest";
import type { Organization } from "./organization";
import { changesOf, written } from "./written";

const organization: Organization = {
  id: "01a2",
  num: 1,
  name: "Institut",
  siren: "",
  siret: "",
  vat: "",
  economic_model: "",
  address: "1, rue\r\nParis",
  billing_address: "",
  contact: "",
  tech_contact: "",
  image: "",
  network: "",
  note: "",
  uploads_quota: null,
  databases_quota: 10,
  created: "2026-01-01T00:00:00Z",
  updated: "2026-01-01T00:00:00Z",
};

it("sends nothing where nothing was changed", () => {
  expect(changesOf(organization, written(organization))).toEqual({});
  expect(changesOf(organization, { ...written(organization), address: "1, rue\nParis ", name: " Institut" })).toEqual(
    {},
  );
});

it("sends what was changed alone", () => {
  const form = { ...written(organization), name: "Institut B", note: "x", databases_quota: null, uploads_quota: 5 };
  expect(changesOf(organization, form)).toEqual({
    name: "Institut B",
    note: "x",
    databases_quota: null,
    uploads_quota: 5,
  });
});

it("empties what was taken out", () => {
  expect(changesOf(organization, { ...written(organization), address: "" })).toEqual({ address: "" });
});

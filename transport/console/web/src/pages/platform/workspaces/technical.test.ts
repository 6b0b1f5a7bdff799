import { expect, it } from "vitest";
import { databaseNameOf, technicalName } from "./technical";

it.each([
  ["Communauté des tutoriels", "communaute-des-tutoriels"],
  ["  Œuvre n° 3 ", "uvre-n-3"],
  ["01 – Gare du Nord", "01-gare-du-nord"],
  ["Отдел", ""],
  ["a".repeat(40), "a".repeat(30)],
  [`${"a".repeat(29)} b`, "a".repeat(29)],
])("%s is proposed as %s", (name, technical) => expect(technicalName(name)).toBe(technical));

it.each([
  ["gare", "gare"],
  ["01-gare", "p-01-gare"],
  ["Gare.Nord", "gare-nord"],
  ["", ""],
])("%s has the database %s", (technical, name) => expect(databaseNameOf(technical)).toBe(name));

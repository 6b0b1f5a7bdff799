import { expect, it } from "vitest";
import { isAction } from "./events";
import { isPeriod, sinceOf } from "./period";

it("knows its periods, whatever an address says", () => {
  expect(["15m", "1h", "1d", "30d"].every(isPeriod)).toBe(true);
  expect(["", "2h", "constructor", "__proto__", undefined].some(isPeriod)).toBe(false);
});

it("begins a period where it is to", () => {
  expect(sinceOf("15m", Date.parse("2026-05-04T10:00:00Z"))).toBe("2026-05-04T09:45:00.000Z");
  expect(sinceOf("30d", Date.parse("2026-05-31T10:00:00Z"))).toBe("2026-05-01T10:00:00.000Z");
});

it("takes for actions what can be one, or the beginning of some", () => {
  expect(["member.put", "member.", "organization.mail_template.put"].every(isAction)).toBe(true);
  expect(["member", "", undefined, "<b>", "a,b.", "MEMBER.PUT"].some(isAction)).toBe(false);
});

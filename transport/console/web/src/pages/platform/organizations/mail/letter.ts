import type { Schemas } from "~/api/list";

export type MailTemplate = Schemas["MailTemplate"];

/** A Letter is what somebody writes a mail with. */
export type Letter = Schemas["MailTemplatePut"];

/** The values that the server shows a mail with. */
export const samples: Record<string, string> = {
  inviter: "Ada Lovelace",
  invitee: "grace@example.org",
  workspace: "Cartography",
  role: "Editor",
  name: "Grace Hopper",
  link: "https://example.org/sample",
  expires: "2026-01-31T12:00:00Z",
  at: "2026-01-31T12:00:00Z",
};

/** placeOf returns what a template has where a value goes; times are written out. */
export function placeOf(value: string): string {
  return value === "expires" || value === "at" ? `{{date .${value}}}` : `{{.${value}}}`;
}

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { samples } from "./letter";
import { escapeHTML, render } from "./render";

const values = { name: "A & <b>", role: "", link: "https://example.org/x", at: "2026-01-31T12:00:00+01:00" };

describe("a template", () => {
  it.each([
    ["Hello {{.name}}.", "Hello A & <b>."],
    ["{{if .role}}with {{.role}}{{else}}without{{end}}", "without"],
    ["{{if .role}}a{{else if .name}}b{{else}}c{{end}}", "b"],
    ["{{if and .name (not .role)}}yes{{end}}", "yes"],
    ['{{if eq .role "" "x"}}none{{end}}{{if ne .role "x"}}!{{end}}', "none!"],
    ["{{or .role .link}}", "https://example.org/x"],
    ["{{date .at}} {{date .role}}", "2026-01-31 11:00 UTC "],
    ["a  {{- .role -}}  b", "ab"],
    ["a{{/* nothing */}}b", "ab"],
    ["{{if .name}}{{if .role}}x{{end}}y{{end}}", "y"],
  ])("%s is shown as %s", (template, shown) => expect(render(template, values)).toBe(shown));

  it("puts texts into HTML as texts", () => {
    expect(render("<p>{{.name}}</p>", values, escapeHTML)).toBe("<p>A &#38; &#60;b&#62;</p>");
  });

  it.each([
    "{{.nope}}",
    "{{if .name}}",
    "{{end}}",
    "{{.name",
    "{{printf .name}}",
    "{{.name .role}}",
    "{{if .name}}{{else}}{{else}}{{end}}",
  ])("%s is not shown", (template) => expect(() => render(template, values)).toThrow());
});

describe("the templates of the platform", () => {
  const folder = join(import.meta.dirname, "../../../../../../../../workspace/mail/templates");
  it.each(readdirSync(folder))("%s is shown", (file) => {
    const shown = render(readFileSync(join(folder, file), "utf8"), samples, escapeHTML);
    expect(shown).not.toContain("{{");
    if (/^(invitation|password_reset|member_added)\./.test(file)) {
      expect(shown).toContain(samples.link);
    }
  });
});

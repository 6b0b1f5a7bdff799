import { describe, expect, it } from "vitest";
import { hostile } from "../../../../../e2e/support/hostile";
import { body, safe } from "./safe";

describe("what is left of a mail", () => {
  it.each([
    ["<p>a <strong>b</strong></p>", "<p>a <strong>b</strong></p>"],
    ['<p style="color:red" onclick="x()" lang="fr">a</p>', '<p lang="fr">a</p>'],
    ["<P STYLE=color:red TITLE='a \"b\"'>a</P>", '<p title="a &quot;b&quot;">a</p>'],
    ['<a href="https://example.org/?a=1&amp;b=2">x</a>', '<u title="https://example.org/?a=1&amp;b=2">x</u>'],
    ['<img src="//evil.example/x.png" alt="logo">', "[logo]"],
    ["<script>alert(1)</script>a", "a"],
    ["<script>alert(1)", ""],
    ["<style>p{}</style><title>t</title>a", "a"],
    ["<svg><p>x</p></svg>a", "a"],
    ["<svg/>a", "a"],
    ["<!-- <p>x</p> -->a", "a"],
    ["<!DOCTYPE html><html><head></head><body background=x>a</body></html>", "a"],
    ["<form action=x><input value=y>a</form>", "a"],
    ["1 < 2 > 0 &amp; 3", "1 &lt; 2 &gt; 0 &amp; 3"],
    ["a<", "a&lt;"],
    ['<p title="a>b">c', '<p title="a&gt;b">c'],
    ['<p title="a', '&lt;p title="a'],
    ["<scr<script>ipt>x", "ipt&gt;x"],
  ])("%s is %s", (html, left) => expect(body(html)).toBe(left));

  it.each(hostile)("%s has only names and attributes that are harmless", (name) => {
    for (const html of [name, `<p>${name}</p>`, `<p title="${name}">`, `<a href='${name}'>x</a>`, `<!--${name}`]) {
      for (const [, element = "", rest = ""] of body(html).matchAll(/<\/?([^\s>]*)((?:[^>"]|"[^"]*")*)>/g)) {
        expect(["p", "u", "b", "table", "center"]).toContain(element);
        expect(rest).toMatch(/^( (title|lang|dir|colspan|rowspan|scope)="[^"<>]*")*$/);
      }
    }
  });

  it("is in a document with a language and a title that are texts", () => {
    expect(safe("<p>a</p>", 'fr"><script>', "</title><script>")).toBe(
      '<!DOCTYPE html><html lang="fr&quot;&gt;&lt;script&gt;"><head>' +
        "<title>&lt;/title&gt;&lt;script&gt;</title></head>" +
        '<body><main><font face="sans-serif"><p>a</p></font></main></body></html>',
    );
  });
});

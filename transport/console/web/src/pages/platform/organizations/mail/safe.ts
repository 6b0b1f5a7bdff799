/** What a mail may look like here; everything else is left away, with what is in it or without. */
const kept = new Set(
  (
    "p br hr h1 h2 h3 h4 h5 h6 strong b em i u s small sub sup ul ol li dl dt dd blockquote pre code address " +
    "table caption thead tbody tfoot tr td th div span center"
  ).split(" "),
);
const dropped = new Set(
  (
    "script style template noscript iframe frame frameset object embed applet title svg math audio video canvas " +
    "select textarea button map portal xmp noembed plaintext"
  ).split(" "),
);
const attributes = new Set(["title", "lang", "dir", "colspan", "rowspan", "scope"]);

const tag = /<(\/?)([a-zA-Z][^\s/>]*)((?:[^>"']|"[^"]*"|'[^']*')*)>/y;
const attribute = /([^\s"'>/=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/g;

/** quoted writes a text between quotes; what is written as an entity already stays one. */
function quoted(text: string): string {
  return text.replaceAll('"', "&quot;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** read returns the attributes of a tag, by name. */
function read(text: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [, name = "", double, single, bare] of text.matchAll(attribute)) {
    if (!found.has(name.toLowerCase())) {
      found.set(name.toLowerCase(), double ?? single ?? bare ?? "");
    }
  }
  return found;
}

/** begin writes the beginning of an element that is kept. */
function begin(name: string, text: string): string {
  const own = [...read(text)]
    .filter(([key]) => attributes.has(key))
    .map(([key, value]) => ` ${key}="${quoted(value)}"`);
  return `<${name}${own.join("")}>`;
}

/** after returns where an element ends that is left away with all that is in it: the end of the text, if nowhere. */
function after(html: string, from: number, name: string): number {
  const end = new RegExp(`</${name}\\b[^>]*>`, "gi");
  end.lastIndex = from;
  return end.exec(html) ? end.lastIndex : html.length;
}

/**
 * body returns what is left of the HTML of a mail. Nothing is taken over but texts and the names above, so that it does
 * not matter what a browser would have made of the rest. The browser is not asked to read it first: a page's policy holds
 * for what is read in it too, and counts each style as an offence.
 */
export function body(html: string): string {
  let out = "";
  let at = 0;
  while (at < html.length) {
    const next = html.indexOf("<", at);
    if (next < 0) {
      return out + html.slice(at).replaceAll(">", "&gt;");
    }
    out += html.slice(at, next).replaceAll(">", "&gt;");
    if (html.startsWith("<!--", next)) {
      const end = html.indexOf("-->", next + 4);
      at = end < 0 ? html.length : end + 3;
      continue;
    }
    tag.lastIndex = next;
    const found = tag.exec(html);
    if (!found) {
      const other = /^<[!?/]/.test(html.slice(next, next + 2)); // a declaration, or nonsense
      const end = other ? html.indexOf(">", next) : next;
      out += other ? "" : "&lt;";
      at = end < 0 ? html.length : end + 1;
      continue;
    }
    at = tag.lastIndex;
    const [, closing = "", written = "", rest = ""] = found;
    const name = written.toLowerCase();
    if (dropped.has(name)) {
      at = closing || rest.trimEnd().endsWith("/") ? at : after(html, at, name);
    } else if (name === "img") {
      out += `[${quoted(read(rest).get("alt") || "…")}]`;
    } else if (name === "a") {
      // Seen as a link, and leads nowhere.
      out += closing ? "</u>" : `<u title="${quoted(read(rest).get("href") ?? "")}">`;
    } else if (kept.has(name)) {
      out += closing ? `</${name}>` : begin(name, rest);
    }
  }
  return out;
}

/**
 * safe returns a document that shows the HTML of a mail and can do nothing: no scripts, no styles, no addresses that
 * anything would be fetched from. It is for a frame without any rights, which it does not rely on.
 */
export function safe(html: string, language: string, title: string): string {
  const head = `<title>${quoted(title)}</title>`;
  // Letters as most programs have them, where no style may be said.
  const main = `<main><font face="sans-serif">${body(html)}</font></main>`;
  return `<!DOCTYPE html><html lang="${quoted(language)}"><head>${head}</head><body>${main}</body></html>`;
}

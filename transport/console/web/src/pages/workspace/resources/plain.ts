/** plain returns the text of HTML that others wrote: it is read as text, whatever it is. */
export function plain(html: string): string {
  if (!/[<&]/.test(html)) {
    return html;
  }
  const body = new DOMParser().parseFromString(html, "text/html").body;
  for (const block of body.querySelectorAll("p, br, li, div, h1, h2, h3, h4, tr")) {
    block.after("\n");
  }
  for (const silent of body.querySelectorAll("script, style")) {
    silent.remove();
  }
  return (body.textContent ?? "").replaceAll(/\n{3,}/g, "\n\n").trim();
}

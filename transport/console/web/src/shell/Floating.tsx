import { useEffect, useRef } from "react";

/** What floats, and is gone once it has been used. */
const floating = "[role=dialog], [role=menu], [role=listbox]";

/**
 * Floating is where Mantine puts what floats above a page: menus, lists of choices, dialogs. It has to lie in the page's
 * main landmark, as everything that is read does.
 *
 * Dialogs are here as long as there is something to ask, and take the focus with them when they go: it is brought back to
 * where it was in the page, or to the page itself when that is gone as well.
 */
export function Floating() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    let before: HTMLElement | undefined;
    const keep = ({ target }: FocusEvent) => {
      if (target instanceof HTMLElement && !target.closest(floating)) {
        before = target;
      }
    };
    const seen = new MutationObserver((changes) => {
      const gone = changes.some(({ removedNodes }) => [...removedNodes].some(isDialog));
      if (gone && document.activeElement === document.body && !document.querySelector("[role=dialog]")) {
        const to = before?.isConnected ? before : place.current?.closest<HTMLElement>("[tabindex]");
        to?.focus({ preventScroll: true });
      }
    });
    document.addEventListener("focusin", keep);
    if (place.current) {
      seen.observe(place.current, { childList: true, subtree: true });
    }
    return () => {
      document.removeEventListener("focusin", keep);
      seen.disconnect();
    };
  }, []);
  // At the window's corner, whatever the padding of what it lies in: dialogs are centred from there.
  return <div ref={place} data-mantine-shared-portal-node="true" style={{ position: "absolute", inset: "0 0 auto" }} />;
}

function isDialog(node: Node): boolean {
  return node instanceof Element && (node.matches("[role=dialog]") || node.querySelector("[role=dialog]") !== null);
}

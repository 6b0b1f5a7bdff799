import { useCallback, useEffect, useRef } from "react";

/**
 * useBackTo brings the focus back to where it was when something was opened, over several dialogs that follow each
 * other: each of them alone would bring it back to the one before, which is gone. While `open` it keeps the place.
 */
export function useBackTo(open: boolean): void {
  const from = useRef<HTMLElement>(undefined);
  const was = useRef(false);
  const keep = useCallback(() => {
    const { activeElement } = document;
    if (activeElement instanceof HTMLElement && !activeElement.closest("[role=dialog]")) {
      from.current = activeElement;
    }
  }, []);
  if (open && !was.current) {
    keep(); // before the dialog takes it
  }
  was.current = open;
  useEffect(() => {
    if (!open && from.current) {
      const back = from.current;
      from.current = undefined;
      // A dialog gives it back when it has faded away.
      const timer = setTimeout(() => {
        const { activeElement } = document;
        if (back.isConnected && (!activeElement || activeElement === document.body)) {
          back.focus({ preventScroll: true });
        }
      }, 250);
      return () => clearTimeout(timer);
    }
  }, [open]);
}

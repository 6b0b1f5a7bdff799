/** clearButton is what empties a field of choices: named, reached by the keyboard, and large enough for a finger. */
export function clearButton(label: string) {
  return { "aria-label": label, "aria-hidden": false, tabIndex: 0, miw: 24, mih: 24 } as const;
}

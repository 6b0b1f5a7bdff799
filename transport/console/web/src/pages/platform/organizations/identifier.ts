/** isIdentifier reports whether somebody wrote what can be an identifier. */
export function isIdentifier(text: string | undefined): text is string {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text ?? "");
}

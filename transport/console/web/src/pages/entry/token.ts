const kept = "bailiwick-invitation";

/**
 * takeToken returns the token that the address holds behind #, and takes it out of there at once: neither the browser's
 * history nor who looks over one's shoulder is to have it. The tab keeps it until the invitation is answered, also over
 * a way to an identity provider and back.
 */
export function takeToken(): string | undefined {
  const token = new URLSearchParams(window.location.hash.slice(1)).get("token");
  if (token) {
    keep(token);
    window.history.replaceState(window.history.state, "", window.location.pathname + window.location.search);
    return token;
  }
  try {
    return sessionStorage.getItem(kept) ?? memory;
  } catch {
    return memory;
  }
}

/** forgetToken is for what was answered. */
export function forgetToken(): void {
  memory = undefined;
  try {
    sessionStorage.removeItem(kept);
  } catch {
    // it was in memory alone
  }
}

let memory: string | undefined;

function keep(token: string): void {
  memory = token;
  try {
    sessionStorage.setItem(kept, token);
  } catch {
    // without storage, for as long as the page is open
  }
}

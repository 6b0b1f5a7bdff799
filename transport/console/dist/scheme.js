// The console's root stays where it is: browsers look for it anew, from wherever the
// page has gone meanwhile, as long as the page only says how many steps up it is.
(() => {
  const base = document.querySelector("base");
  base?.setAttribute("href", base.href);
})();

// Before anything is painted, so that no page flashes in the other scheme.
(() => {
  let scheme = "auto";
  try {
    scheme = localStorage.getItem("bailiwick-scheme") ?? "auto";
  } catch {
    // without storage, the system's own
  }
  if (scheme !== "light" && scheme !== "dark") {
    scheme = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  }
  document.documentElement.setAttribute("data-mantine-color-scheme", scheme);
})();

import { describe, expect, it, vi } from "vitest";
import { clock } from "./useWait";
import { inside, local, startOf } from "./ways";

describe("local", () => {
  it.each(["/", "/account", "/workspaces/x?q=1"])("keeps %s", (place) => expect(local(place)).toBe(place));
  it.each([undefined, "", "//elsewhere.example", "/\\elsewhere.example", "https://elsewhere.example", "account"])(
    "leads home instead of to %s",
    (place) => expect(local(place)).toBe("/"),
  );
});

it("finds the place that a path of the host leads to", () => {
  vi.stubGlobal("document", { baseURI: "https://example.org/admin/console/" });
  expect(inside("/admin/console/workspaces/x?q=a")).toBe("/workspaces/x?q=a");
  for (const elsewhere of [
    undefined,
    "",
    "/",
    "/admin/other",
    "/admin/console//elsewhere.example",
    "//admin/console/",
  ]) {
    expect(inside(elsewhere)).toBe("/");
  }
  vi.unstubAllGlobals();
});

describe("startOf", () => {
  const provider = (start: string) => ({ name: "p", title: "P", start });

  it("says where to come back to, below wherever the console is", () => {
    vi.stubGlobal("document", { baseURI: "https://example.org/admin/console/" });
    expect(startOf(provider("https://example.org/oidc/p/start"), "/workspaces/x?q=a")).toBe(
      "https://example.org/oidc/p/start?return=%2Fadmin%2Fconsole%2Fworkspaces%2Fx%3Fq%3Da",
    );
    expect(startOf(provider("https://example.org/oidc/p/start"), "//elsewhere.example")).toBe(
      "https://example.org/oidc/p/start?return=%2Fadmin%2Fconsole%2F",
    );
    vi.unstubAllGlobals();
  });

  it("leads to no script", () => {
    vi.stubGlobal("document", { baseURI: "https://example.org/" });
    expect(startOf(provider("javascript:alert(1)"), "/")).toBeUndefined();
    vi.unstubAllGlobals();
  });
});

it("writes seconds as a clock", () => {
  expect([clock(0), clock(9), clock(60), clock(754)]).toEqual(["0:00", "0:09", "1:00", "12:34"]);
});

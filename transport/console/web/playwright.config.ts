import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { defineConfig } from "@playwright/test";

// The one without windows is a sixth quicker.
const chromium = process.env.CHROMIUM ?? "/usr/bin/chromium-headless-shell";
if (!existsSync(chromium)) {
  throw new Error(`there is no Chromium at ${chromium}: run "make deps", or say in CHROMIUM where it is`);
}

// The specs are run against a server that is started for them, see
// e2e/support/server.ts, or against the one at BAILIWICK_E2E_URL.
export default defineConfig({
  testDir: "e2e",
  outputDir: process.env.BAILIWICK_E2E_RESULTS ?? "e2e-results/traces",
  globalSetup: "./e2e/support/server.ts",
  fullyParallel: true,
  forbidOnly: true,
  retries: 0,
  workers: 3,
  timeout: 90_000,
  expect: { timeout: 15_000 },
  reporter: [["list"]],
  use: {
    browserName: "chromium",
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    timezoneId: "UTC",
    contextOptions: { reducedMotion: "reduce" },
    // Keeping one slows everything by a fifth: --trace retain-on-failure for what fails.
    trace: "off",
    screenshot: "only-on-failure",
    launchOptions: {
      executablePath: chromium,
      args: [
        ...(userInfo().uid === 0 ? ["--no-sandbox"] : []),
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
      ],
    },
  },
});

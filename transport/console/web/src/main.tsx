import "virtual:mantine-styles.css";
import "./main.css";
import { localStorageColorSchemeManager, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { setNonce } from "get-nonce";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { problemOf } from "./api/problem";
import { router } from "./routes";
import { SessionProvider } from "./session/SessionProvider";
import { NoticesPlace } from "./shell/notices";
import { LanguageProvider } from "./text/LanguageProvider";
import { theme, variables } from "./theme";

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What was refused is refused again; a server that could not be reached may be back.
      retry: (count, error) => count < 2 && (problemOf(error).status === 0 || problemOf(error).status >= 502),
    },
  },
});

const nonce = document.querySelector<HTMLMetaElement>("meta[property=csp-nonce]")?.nonce;
if (nonce) {
  setNonce(nonce); // for what keeps a page from scrolling behind a dialog
}
const schemes = localStorageColorSchemeManager({ key: "bailiwick-scheme" });

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <MantineProvider
        theme={theme}
        cssVariablesResolver={variables}
        defaultColorScheme="auto"
        colorSchemeManager={schemes}
        getStyleNonce={() => nonce ?? ""}
      >
        <QueryClientProvider client={queries}>
          <LanguageProvider>
            <NoticesPlace />
            <SessionProvider>
              <RouterProvider router={router} />
            </SessionProvider>
          </LanguageProvider>
        </QueryClientProvider>
      </MantineProvider>
    </StrictMode>,
  );
}

import { type CSSVariablesResolver, createTheme, type MantineColorsTuple, type MenuProps } from "@mantine/core";

// Dark enough for white letters at every shade that is filled (WCAG 2.2, 1.4.3).
const harbour: MantineColorsTuple = [
  "#eaf4fb",
  "#d3e6f4",
  "#a3cbe8",
  "#6faedc",
  "#4696d2",
  "#2c86cc",
  "#1d6fb0",
  "#1864a0",
  "#0f5489",
  "#084673",
];

export const theme = createTheme({
  primaryColor: "harbour",
  primaryShade: { light: 7, dark: 7 },
  colors: { harbour },
  autoContrast: true,
  fontFamily: "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'Helvetica Neue', sans-serif",
  cursorType: "pointer",
  respectReducedMotion: true,
  defaultRadius: "md",
  components: {
    // The first item has the focus; a menu has nothing in it but items (ARIA).
    Menu: { defaultProps: { withInitialFocusPlaceholder: false } satisfies Partial<MenuProps> },
  },
});

/**
 * What Mantine has paler than WCAG 2.2 AA allows: white letters on what is filled, and coloured letters on what is lightly
 * coloured, also while it is pointed at.
 */
const filled = {
  red: ["#c92a2a", "#b02525"],
  teal: ["#087f5b", "#066a4c"],
  blue: ["#1971c2", "#1864ab"],
};
const letters = {
  red: "#9c1c1c",
  yellow: "#704000",
  orange: "#8a2f00",
  teal: "#065a41",
  green: "#1e622c",
  blue: "#134f87",
};

const fills = Object.fromEntries(
  Object.entries(filled).flatMap(([name, [fill, hover]]) => [
    [`--mantine-color-${name}-filled`, fill ?? ""],
    [`--mantine-color-${name}-filled-hover`, hover ?? ""],
  ]),
);

/** Colours of text that Mantine has paler than WCAG 2.2 AA allows. */
export const variables: CSSVariablesResolver = (t) => ({
  variables: {},
  light: {
    ...fills,
    ...Object.fromEntries(
      Object.entries(letters).flatMap(([name, colour]) => [
        [`--mantine-color-${name}-light-color`, colour],
        [`--mantine-color-${name}-text`, colour],
      ]),
    ),
    "--mantine-color-dimmed": t.colors.gray?.[7] ?? "",
    "--mantine-color-placeholder": "#6a7178",
    "--mantine-color-error": t.colors.red?.[9] ?? "",
  },
  dark: {
    ...fills,
    "--mantine-color-dimmed": t.colors.dark?.[1] ?? "",
    "--mantine-color-placeholder": "#a0a4aa",
    "--mantine-color-error": t.colors.red?.[4] ?? "",
    "--mantine-color-anchor": t.colors.harbour?.[3] ?? "", // also in the row that is pointed at
  },
});

import { SegmentedControl, type SegmentedControlProps } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";

/** Segments are a few things of which one is chosen, beside each other where there is room for their names. */
export function Segments<Value extends string>(props: SegmentedControlProps<Value>) {
  const narrow = useMediaQuery("(max-width: 30em)", undefined, { getInitialValueInEffect: false });
  return <SegmentedControl fullWidth orientation={narrow ? "vertical" : "horizontal"} {...props} />;
}

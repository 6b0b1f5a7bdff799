import "@mantine/charts/styles.css";
import { LineChart } from "@mantine/charts";
import { useReducedMotion } from "@mantine/hooks";
import type { ChartProps } from "./Chart";

/** Lines draws what a Chart has; the numbers are in the chart's table, so that it is a picture and nothing else. */
export default function Lines({ points, series, value, time, height = 260, steps }: ChartProps) {
  const still = useReducedMotion();
  return (
    <LineChart
      h={height}
      data={points.map((p) => ({ at: p.at, ...p.values }))}
      dataKey="at"
      series={series.map((s) => ({
        name: s.id,
        label: s.label,
        color: s.color,
        strokeDasharray: s.dashed ? "6 4" : undefined,
      }))}
      curveType={steps ? "stepAfter" : "linear"}
      withLegend={false}
      withDots={points.length < 2}
      connectNulls={false}
      valueFormatter={value}
      gridAxis="x"
      lineProps={{ isAnimationActive: !still }}
      lineChartProps={{ accessibilityLayer: false }}
      xAxisProps={{ tickFormatter: (at: string) => time(at, true), minTickGap: 40 }}
      yAxisProps={{ width: 72, domain: [0, "auto"] }}
      tooltipProps={{
        labelFormatter: (at) => (at ? time(String(at), false) : ""), // it is asked before anything is pointed at
        isAnimationActive: false,
      }}
    />
  );
}

import type { EventChart as Chart } from "../api/types";
import { partsOf } from "../lib/chart";
import { type Bars, TimeChart } from "./TimeChart";

/** Anomaly from which on the server counts a call as anomalous. */
const ANOMALOUS = 0.7;

/** Events over time, and below them those that were anomalous, where the server counts these. */
export function EventChart({
  chart,
  agent,
  heights,
}: {
  chart: Chart;
  agent?: string | undefined;
  heights: [number, number];
}) {
  const events: Bars = {
    name: "events",
    values: chart.buckets.map((bucket) => bucket.calls),
    color: "bg-link",
    height: heights[0],
    to: "/events",
    search: { agent },
  };
  const anomalous: Bars = {
    name: "anomalous",
    values: chart.buckets.map((bucket) => bucket.anomalies ?? 0),
    color: "bg-alert",
    height: heights[1],
    to: "/events",
    search: { agent, from: ANOMALOUS },
  };
  const areCounted = chart.buckets.every((bucket) => bucket.anomalies !== null);
  return (
    <TimeChart label="Events over time" parts={partsOf(chart)} rows={areCounted ? [events, anomalous] : [events]} />
  );
}

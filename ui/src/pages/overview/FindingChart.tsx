import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { findingChartQuery } from "../../api/queries";
import { Failure, Skeleton } from "../../components/QueryStates";
import { TimeChart } from "../../components/TimeChart";
import { partsOf } from "../../lib/chart";
import type { Span } from "../../lib/timeRange";
import { Section } from "./Section";

/** Findings opened and resolved over time. Bars lead to the findings that opened then, whatever became of them. */
export function FindingChart({ span }: { span: Span }) {
  const chart = useQuery({ ...findingChartQuery(span), placeholderData: keepPreviousData });
  return (
    <Section title="Findings">
      {chart.data ? (
        <TimeChart
          label="Findings over time"
          parts={partsOf(chart.data)}
          rows={[
            {
              name: "opened",
              values: chart.data.buckets.map((bucket) => bucket.opened),
              color: "bg-alert",
              height: 64,
              to: "/findings",
              search: { status: "ALL" },
            },
            {
              name: "resolved",
              values: chart.data.buckets.map((bucket) => bucket.resolved),
              color: "bg-trusted",
              height: 64,
              to: "/findings",
              search: { status: "RESOLVED" },
            },
          ]}
        />
      ) : chart.error ? (
        <Failure error={chart.error} retry={() => void chart.refetch()} />
      ) : (
        <Skeleton rows={5} />
      )}
    </Section>
  );
}

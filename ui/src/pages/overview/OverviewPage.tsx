import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { eventChartQuery } from "../../api/queries";
import { AttentionLink } from "../../components/AttentionLink";
import { EventChart } from "../../components/EventChart";
import { Page } from "../../components/Page";
import { Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { count } from "../../lib/format";
import { spanOf, timeInWords, useTime } from "../../lib/timeRange";
import { FindingChart } from "./FindingChart";
import { MostMoved } from "./MostMoved";
import { Section } from "./Section";
import { TeamChart } from "./TeamChart";

/** What the server counts without a chosen time. */
const WEEK = "7d";

/** What happened in the chosen time, over all agents; each part leads to its table. */
export function OverviewPage() {
  const time = useTime() ?? WEEK;
  const span = spanOf(time);
  const events = useQuery({ ...eventChartQuery(span), placeholderData: keepPreviousData });
  if (!events.data)
    return (
      <Page title="Overview" tab="Overview" isTimed>
        {events.error ? <Failure error={events.error} retry={() => void events.refetch()} /> : <Skeleton rows={8} />}
      </Page>
    );
  const total = events.data.buckets.reduce((sum, bucket) => sum + bucket.calls, 0);
  return (
    <Page
      title={total === 0 ? "No events" : count(total, "event")}
      tab="Overview"
      isTimed
      lead={
        <>
          {timeInWords(time)}. Now <AttentionLink />.
        </>
      }
    >
      <StaleNotice error={events.error} />
      <div className="grid gap-4 lg:grid-cols-2">
        <Section title="Events" isWide>
          <EventChart chart={events.data} heights={[120, 48]} />
        </Section>
        <FindingChart span={span} />
        <MostMoved span={span} />
        <TeamChart span={span} />
      </div>
    </Page>
  );
}

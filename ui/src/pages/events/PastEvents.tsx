import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { overviewQuery } from "../../api/queries";
import type { AgentSummary } from "../../api/types";
import { EventPages } from "../../components/EventPages";
import { Page } from "../../components/Page";
import { Empty } from "../../components/QueryStates";
import { spanOf, timeInFull, timeInWords } from "../../lib/timeRange";
import { EventFiltersBar, isMeant, useEventSearch } from "./EventFiltersBar";
import { Histogram } from "./Histogram";

const route = getRouteApi("/shell/events");
const NO_AGENTS: AgentSummary[] = [];

/** The events of the chosen time, newest first. */
export function PastEvents({ time }: { time: string }) {
  const search = route.useSearch();
  const agents = useQuery({ ...overviewQuery, refetchInterval: 60_000 }).data ?? NO_AGENTS;
  const text = useEventSearch();
  return (
    <Page
      title={`Events: ${timeInWords(time)}`}
      tab="Events"
      isTimed
      lead={timeInFull(time)}
      actions={
        <Link from="/events" to="/events" search={(old) => ({ ...old, time: undefined })} className="button">
          Back to live
        </Link>
      }
    >
      <Histogram />
      <EventFiltersBar agents={agents} text={text}>
        {text.typed && "Words are looked for among the events read so far"}
      </EventFiltersBar>
      <EventPages
        filters={{ agent_id: search.agent, min_anomaly_score: search.from, ...spanOf(time) }}
        fits={(event) => isMeant(event, text.typed, search.from)}
        empty={
          <Empty title="No event fits this time and these filters">Choose another time, or remove a filter.</Empty>
        }
      />
    </Page>
  );
}

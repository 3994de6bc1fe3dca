import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { overviewQuery } from "../../api/queries";
import type { AgentSummary } from "../../api/types";
import { EventPages } from "../../components/EventPages";
import { Page } from "../../components/Page";
import { Empty } from "../../components/QueryStates";
import { filtersOf } from "../../lib/events";
import { timeInFull, timeInWords } from "../../lib/timeRange";
import { EventFiltersBar } from "./EventFiltersBar";
import { Histogram } from "./Histogram";

const route = getRouteApi("/shell/events");
const NO_AGENTS: AgentSummary[] = [];

/** The events of the chosen time, newest first. */
export function PastEvents({ time }: { time: string }) {
  const agents = useQuery({ ...overviewQuery, refetchInterval: 60_000 }).data ?? NO_AGENTS;
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
      <EventFiltersBar agents={agents} />
      <EventPages
        filters={filtersOf(route.useSearch())}
        empty={
          <Empty title="No event fits this time and these filters">Choose another time, or remove a filter.</Empty>
        }
      />
    </Page>
  );
}

import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { overviewQuery } from "../../api/queries";
import type { AgentSummary } from "../../api/types";
import { EventPanel } from "../../components/EventPanel";
import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { filtersOf, isNarrowed } from "../../lib/events";
import type { FeedState } from "../../lib/feed";
import { count } from "../../lib/format";
import { useMayWrite } from "../../lib/useRights";
import { useShortcuts } from "../../lib/useShortcuts";
import { EventFiltersBar } from "./EventFiltersBar";
import { EventList } from "./EventList";
import { Histogram } from "./Histogram";
import { PastEvents } from "./PastEvents";
import { TestEventForm } from "./TestEventForm";
import { useFeed } from "./useFeed";

const route = getRouteApi("/shell/events");
/** The agents' names are wanted here, and these seldom change. */
const NAMES_MS = 60_000;
const NO_AGENTS: AgentSummary[] = [];

/** What is happening now, or what happened in the chosen time. */
export function EventsPage(): React.ReactNode {
  const { time } = route.useSearch();
  return (
    <>
      {time === undefined ? <LiveEvents /> : <PastEvents time={time} />}
      <EventPanel />
    </>
  );
}

/** What is happening now. The list holds still under the pointer, and on Space. */
function LiveEvents() {
  const search = route.useSearch();
  const isOpen = search.event !== undefined;
  const agents = useQuery({ ...overviewQuery, refetchInterval: NAMES_MS }).data ?? NO_AGENTS;
  const mayWrite = useMayWrite();
  const [isPaused, setPaused] = useState(false);
  const [isHovered, setHovered] = useState(false);
  const [isFormShown, setFormShown] = useState(false);
  const teams = useMemo(() => new Map(agents.map((agent) => [agent.id, agent.owner_team])), [agents]);
  const feed = useFeed(filtersOf({ ...search, time: undefined }), teams, isPaused || isHovered || isOpen);
  const { events, error, state, waiting, rate, reload } = feed;
  useShortcuts({ " ": () => setPaused((paused) => !paused) });
  const isHeld = isPaused || isHovered || isOpen;
  const isFiltered = isNarrowed(search);
  return (
    <Page
      title={rate === 0 ? "Quiet now" : `${rate.toFixed(rate < 10 ? 1 : 0)} events a second`}
      tab="Events"
      isTimed
      lead={<span role="status">{stateInWords(state, isHeld, waiting)}</span>}
      actions={
        <>
          <button
            type="button"
            className="button"
            aria-pressed={isPaused}
            onClick={() => setPaused(!isPaused)}
            title="Space"
          >
            {isPaused ? "Go on" : "Pause"}
          </button>
          {mayWrite && (
            <button
              type="button"
              className="button"
              aria-expanded={isFormShown}
              onClick={() => setFormShown(!isFormShown)}
            >
              Test event
            </button>
          )}
        </>
      }
    >
      {isFormShown && <TestEventForm agents={agents} agentId={search.agent} />}
      <Histogram />
      <EventFiltersBar agents={agents}>
        {isFiltered && (
          <Link from="/events" to="/events" search={(old) => ({ ...old, time: "30d" })} className="link">
            Search the last 30 days
          </Link>
        )}
      </EventFiltersBar>
      {error && events && <StaleNotice error={error} />}
      {events === null && error ? (
        <Failure error={error} retry={reload} />
      ) : events === null ? (
        <Skeleton rows={12} />
      ) : events.length === 0 ? (
        <Empty title={isFiltered ? "No event fits these filters" : "No events yet"}>
          {isFiltered
            ? "New ones that fit will appear here by themselves."
            : "They appear here the moment they are stored."}
        </Empty>
      ) : (
        <EventList events={events} onHover={setHovered} />
      )}
    </Page>
  );
}

function stateInWords(state: FeedState, isHeld: boolean, waiting: number): string {
  if (state === "connecting") return "Connecting…";
  if (state === "lost") return "Connection lost. It is tried every few seconds; what comes meanwhile is shown then";
  if (!isHeld) return "Live";
  return waiting ? `Held still: ${count(waiting, "new event")} waiting` : "Held still";
}

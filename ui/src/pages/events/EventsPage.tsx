import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { overviewQuery } from "../../api/queries";
import type { AgentSummary, EventRecord } from "../../api/types";
import { AgentSelect } from "../../components/AgentSelect";
import { SearchField, Select } from "../../components/Fields";
import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import type { FeedState } from "../../lib/feed";
import { callName, count } from "../../lib/format";
import { useMayWrite } from "../../lib/useRights";
import { useSearchText } from "../../lib/useSearchText";
import { useShortcuts } from "../../lib/useShortcuts";
import { EventList } from "./EventList";
import { TestEventForm } from "./TestEventForm";
import { useFeed } from "./useFeed";

const route = getRouteApi("/shell/events");
/** The agents' names are wanted here, and these seldom change. */
const NAMES_MS = 60_000;
const NO_AGENTS: AgentSummary[] = [];
const LEVELS = ["0.5", "0.7", "0.8"] as const;

/** What is happening now. The list holds still under the pointer, and on Space. */
export function EventsPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/events" });
  const agents = useQuery({ ...overviewQuery, refetchInterval: NAMES_MS }).data ?? NO_AGENTS;
  const mayWrite = useMayWrite();
  const [isPaused, setPaused] = useState(false);
  const [isHovered, setHovered] = useState(false);
  const [isFormShown, setFormShown] = useState(false);
  const { events, error, state, waiting, rate, reload } = useFeed(search.agent, isPaused || isHovered);
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const text = useSearchText(search.q, (q) => set({ q }));
  const shown = useMemo(
    () => events?.filter((event) => fits(event, text.typed, search.from)) ?? [],
    [events, text.typed, search.from],
  );
  useShortcuts({ " ": () => setPaused((paused) => !paused) });
  const isHeld = isPaused || isHovered;
  return (
    <Page
      title={rate === 0 ? "Quiet now" : `${rate.toFixed(rate < 10 ? 1 : 0)} events a second`}
      tab="Events"
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
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <SearchField label="Search events" search={text} />
        <AgentSelect agents={agents} value={search.agent} onChange={(agent) => set({ agent })} />
        <Select
          label="Anomaly"
          value={search.from === undefined ? undefined : (String(search.from) as (typeof LEVELS)[number])}
          options={LEVELS}
          any="Anomaly: any"
          onChange={(from) => set({ from: from ? Number(from) : undefined })}
        />
        <span className="text-xs text-muted">
          {count(shown.length, "event")} of the last {events?.length ?? 0}
        </span>
      </div>
      {error && events && <StaleNotice error={error} />}
      {events === null && error ? (
        <Failure error={error} retry={reload} />
      ) : events === null ? (
        <Skeleton rows={12} />
      ) : shown.length === 0 ? (
        <Empty title={events.length ? "No event fits these filters" : "No events yet"}>
          {events.length
            ? "New ones that fit will appear here by themselves."
            : "They appear here the moment they are stored."}
        </Empty>
      ) : (
        <EventList events={shown} onHover={setHovered} />
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

function fits(event: EventRecord, q: string, from: number | undefined): boolean {
  const text = `${event.agent_name} ${callName(event)} ${event.session_id ?? ""} ${event.status} ${event.reasons.map((reason) => `${reason.detector} ${reason.message}`).join(" ")}`;
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return (
    words.every((word) => text.toLowerCase().includes(word)) &&
    (from === undefined || (event.anomaly_score ?? 0) >= from)
  );
}

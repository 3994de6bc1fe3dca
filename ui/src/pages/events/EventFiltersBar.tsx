import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { AgentSummary, EventRecord } from "../../api/types";
import { AgentSelect } from "../../components/AgentSelect";
import { SearchField, Select } from "../../components/Fields";
import { SavedViews } from "../../components/SavedViews";
import { callName } from "../../lib/format";
import { type SearchText, useSearchText } from "../../lib/useSearchText";

const route = getRouteApi("/shell/events");
const LEVELS = ["0.5", "0.7", "0.8"] as const;

function useChange() {
  const navigate = useNavigate({ from: "/events" });
  return (change: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
}

export function useEventSearch(): SearchText {
  const change = useChange();
  return useSearchText(route.useSearch().q, (q) => change({ q }));
}

/** Search and filters of events, now and then. */
export function EventFiltersBar({
  agents,
  text,
  children,
}: {
  agents: AgentSummary[];
  text: SearchText;
  children: React.ReactNode;
}) {
  const search = route.useSearch();
  const change = useChange();
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchField label="Search events" search={text} />
      <SavedViews page="events" />
      <AgentSelect agents={agents} value={search.agent} onChange={(agent) => change({ agent })} />
      <Select
        label="Anomaly"
        value={search.from === undefined ? undefined : (String(search.from) as (typeof LEVELS)[number])}
        options={LEVELS}
        any="Anomaly: any"
        onChange={(from) => change({ from: from ? Number(from) : undefined })}
      />
      <span className="text-xs text-muted">{children}</span>
    </div>
  );
}

/** Whether an event has all the words, and at least this anomaly. */
export function isMeant(event: EventRecord, q: string, from: number | undefined): boolean {
  const reasons = event.reasons.map((reason) => `${reason.detector} ${reason.message}`).join(" ");
  const text =
    `${event.agent_name} ${callName(event)} ${event.session_id ?? ""} ${event.status} ${reasons}`.toLowerCase();
  const words = q.toLowerCase().split(/\s+/).filter(Boolean);
  return words.every((word) => text.includes(word)) && (from === undefined || (event.anomaly_score ?? 0) >= from);
}

import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { AgentSummary } from "../../api/types";
import { AgentSelect } from "../../components/AgentSelect";
import { ExactField, SearchField, Select } from "../../components/Fields";
import { SavedViews } from "../../components/SavedViews";
import { distinct } from "../../lib/agents";
import { CHANNELS, EVENT_STATUSES } from "../../lib/events";
import { useSearchText } from "../../lib/useSearchText";

const route = getRouteApi("/shell/events");
const LEVELS = ["0.5", "0.7", "0.8"] as const;

/** Search and filters of events, now and then. The server searches: what fits is found however far back it is. */
export function EventFiltersBar({ agents, children }: { agents: AgentSummary[]; children?: React.ReactNode }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/events" });
  const change = (change: Partial<ReturnType<typeof route.useSearch>>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const text = useSearchText(search.q, (q) => change({ q }));
  return (
    <div className="mb-3 flex flex-wrap items-center gap-2">
      <SearchField label="Search events" search={text} />
      <SavedViews page="events" />
      <AgentSelect agents={agents} value={search.agent} onChange={(agent) => change({ agent })} />
      <Select
        label="Team"
        value={search.team}
        options={distinct([...agents.map((agent) => agent.owner_team), ...(search.team ? [search.team] : [])])}
        onChange={(team) => change({ team })}
      />
      <ExactField label="Tool" value={search.tool} onChange={(tool) => change({ tool })} />
      <Select label="Status" value={search.status} options={EVENT_STATUSES} onChange={(status) => change({ status })} />
      <Select label="Channel" value={search.channel} options={CHANNELS} onChange={(channel) => change({ channel })} />
      <ExactField label="Session" value={search.session} onChange={(session) => change({ session })} />
      <Select
        label="Anomaly"
        value={search.from === undefined ? undefined : (String(search.from) as (typeof LEVELS)[number])}
        options={LEVELS}
        any="Anomaly: any"
        words={(level) => `${level} or more`}
        onChange={(from) => change({ from: from ? Number(from) : undefined })}
      />
      <span className="text-xs text-muted">{children}</span>
    </div>
  );
}

/** Filters of events: what the address says, as the server takes it, and whether a new event passes. */
import type { EventRecord } from "../api/types";
import { spanOf } from "./timeRange";

export const EVENT_STATUSES = ["ok", "error", "denied"] as const;
export const CHANNELS = ["api", "sdk", "shim", "otlp", "hook"] as const;

export interface EventSearch {
  agent?: string | undefined;
  team?: string | undefined;
  tool?: string | undefined;
  status?: EventRecord["status"] | undefined;
  channel?: EventRecord["channel"] | undefined;
  session?: string | undefined;
  from?: number | undefined;
  q?: string | undefined;
  time?: string | undefined;
}

/** The filters of an address as parameters of GET /events. */
export function filtersOf({ agent, team, tool, status, channel, session, from, q, time }: EventSearch) {
  return {
    agent_id: agent,
    owner_team: team,
    tool_name: tool,
    status,
    channel,
    session_id: session,
    min_anomaly_score: from,
    q,
    ...spanOf(time),
  };
}

export type EventFilters = ReturnType<typeof filtersOf>;

/** Whether anything but agent and time narrows the events. */
export function isNarrowed({ team, tool, status, channel, session, from, q }: EventSearch): boolean {
  return [team, tool, status, channel, session, from, q].some((filter) => filter !== undefined);
}

/** Whether a new event passes the filters, by the rules of the server. `teams` are those of the agents by their ids. */
export function fits(event: EventRecord, filters: EventFilters, teams: ReadonlyMap<string, string>): boolean {
  const equal: [string | undefined, string | null | undefined][] = [
    [filters.agent_id, event.agent_id],
    [filters.owner_team, teams.get(event.agent_id)],
    [filters.tool_name, event.tool_name],
    [filters.status, event.status],
    [filters.channel, event.channel],
    [filters.session_id, event.session_id],
  ];
  if (equal.some(([wanted, actual]) => wanted !== undefined && wanted !== actual)) return false;
  if (filters.min_anomaly_score !== undefined && (event.anomaly_score ?? 0) < filters.min_anomaly_score) return false;
  const text = searchedText(event);
  return wordsOf(filters.q).every((word) => text.includes(word));
}

function wordsOf(q: string | undefined): string[] {
  return (q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
}

function searchedText(event: EventRecord): string {
  const { agent_name, tool_name, operation, server_name, status, session_id, tool_call_id, policy_rule } = event;
  const reasons = event.reasons.flatMap(({ detector, message }) => [detector, message]);
  const names = [agent_name, tool_name, operation, server_name, status, session_id, tool_call_id, policy_rule];
  return [...names, event.trace_id, ...reasons].filter(Boolean).join(" ").toLowerCase();
}

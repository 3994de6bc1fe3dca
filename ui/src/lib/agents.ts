/** The agents page's logic: the answer in words, filters, counters. */
import type { AgentSummary, Monitoring, Status } from "../api/types";
import type { Row } from "./export";
import { count } from "./format";
import { bandOf, STATUSES } from "./status";

export interface AgentFilters {
  q?: string | undefined;
  status?: Status | undefined;
  team?: string | undefined;
  capability?: string | undefined;
  monitoring?: Monitoring | undefined;
}

export function matches(agent: AgentSummary, filters: AgentFilters): boolean {
  const words = (filters.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const { name, owner_team, model, agent_type, monitoring } = agent;
  const text = `${name} ${owner_team} ${model} ${agent_type} ${monitoring}`.toLowerCase();
  return (
    // An id by its beginning only: among thousands, some id has any few digits somewhere.
    words.every((word) => text.includes(word) || agent.id.startsWith(word)) &&
    (!filters.status || bandOf(agent) === filters.status) &&
    (!filters.team || agent.owner_team === filters.team) &&
    (!filters.monitoring || monitoring === filters.monitoring) &&
    (!filters.capability || agent.capabilities.includes(filters.capability))
  );
}

export function countByStatus(agents: AgentSummary[]): Record<Status, number> {
  const counts = { CRITICAL: 0, ALERT: 0, WATCH: 0, TRUSTED: 0 };
  for (const agent of agents) {
    const band = bandOf(agent);
    if (band !== "UNKNOWN") counts[band] += 1;
  }
  return counts;
}

export function countSilent(agents: AgentSummary[]): number {
  return agents.filter((agent) => agent.monitoring === "silent").length;
}

/** Whether the score says little: of what an agent has not learned yet, or of one that is not heard of. */
export function saysLittle(agent: { monitoring: Monitoring; needs_attention: boolean }): boolean {
  return (agent.monitoring === "learning" || agent.monitoring === "silent") && !agent.needs_attention;
}

/** What agents, findings and capabilities pages say alike. */
export function attentionInWords(agents: number): string {
  return agents ? `${count(agents, "agent needs", "agents need")} attention` : "No agent needs attention";
}

/** The page's one question, answered: is anything wrong now? */
export function verdict(agents: AgentSummary[]): string {
  const counts = countByStatus(agents);
  const worrying = agents.filter((agent) => agent.needs_attention).length;
  if (worrying) return attentionInWords(worrying);
  const silent = countSilent(agents);
  if (silent) return `Nothing urgent. ${count(silent, "agent has", "agents have")} stopped reporting`;
  if (counts.WATCH) return `Nothing urgent. ${count(counts.WATCH, "agent")} to keep an eye on`;
  if (counts.TRUSTED) return "All is well";
  return "Nothing scored yet";
}

/** How many agents have a score in each tenth of 0..100. */
export function distribution(agents: AgentSummary[]): number[] {
  const tenths = new Array<number>(10).fill(0);
  for (const { trust_score } of agents) {
    if (trust_score !== null) tenths[Math.min(9, Math.floor(trust_score / 10))]! += 1;
  }
  return tenths;
}

export function distinct(values: Iterable<string>): string[] {
  return [...new Set(values)].sort((a, b) => a.localeCompare(b));
}

/** Worst first: by band, then by score; unknown last. */
export function compareTrust(a: AgentSummary, b: AgentSummary): number {
  const rank = (agent: AgentSummary) => {
    const band = bandOf(agent);
    return band === "UNKNOWN" ? STATUSES.length : STATUSES.indexOf(band);
  };
  return rank(a) - rank(b) || (a.trust_score ?? 0) - (b.trust_score ?? 0);
}

/** An agent as a row of a table. */
export function rowOf({ trend: _, capabilities, reason, ...agent }: AgentSummary): Row {
  return { ...agent, capabilities: capabilities.join(" "), reason: reason?.text ?? null };
}

/** The demo agent, as POST /demo makes it. It does not count as an agent of the user's: with it alone the first event is still awaited. */
import type { AgentSummary } from "../api/types";

const NAME = "demo-support-agent";
const TEAM = "AgentSentinel demo";

export function isDemo(agent: { name: string; owner_team: string }): boolean {
  return agent.name === NAME && agent.owner_team === TEAM;
}

export function isFirstAwaited(agents: AgentSummary[]): boolean {
  return agents.every((agent) => agent.last_seen_at === null || isDemo(agent));
}

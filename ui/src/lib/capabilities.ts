/** The map's logic: who can do what, and the ways that data or instructions can take. */
import type { CapabilityMap, CapabilityPath } from "../api/types";
import type { Row } from "./export";
import { count } from "./format";
import type { WAYS } from "./search";

/** What comes in on the left, what goes out or does harm on the right. */
export const ENTRIES = ["internal-read", "secrets", "web-read"] as const;
export const EXITS = ["external-write", "code-execution", "infrastructure", "admin", "local-write"] as const;
export const CAPABILITIES = [...ENTRIES, ...EXITS];

export const MEANING: Record<string, string> = {
  "internal-read": "reads the organisation's own data",
  secrets: "reads credentials",
  "web-read": "reads what strangers wrote",
  "external-write": "sends data outside",
  "code-execution": "runs code",
  infrastructure: "changes what runs where",
  admin: "acts with elevated rights",
  "local-write": "changes things inside",
};

export type MapAgent = CapabilityMap["agents"][number];

export function pathsOf(map: CapabilityMap): Map<string, CapabilityPath[]> {
  const paths = new Map<string, CapabilityPath[]>();
  for (const path of map.paths) paths.set(path.agent_id, [...(paths.get(path.agent_id) ?? []), path]);
  return paths;
}

export type Way = (typeof WAYS)[number];

export const WAY_IN_WORDS: Record<Way, string> = {
  paths: "any way through",
  exfiltration: "can leak data",
  injection: "can be turned",
};

export interface Filters {
  q: string;
  only: Way | undefined;
  team: string | undefined;
}

/** The agents that can do something and pass the filters. */
export function filterAgents(map: CapabilityMap, paths: Map<string, CapabilityPath[]>, filters: Filters): MapAgent[] {
  const words = filters.q.toLowerCase();
  const goes = (path: CapabilityPath) => filters.only === "paths" || path.kind === filters.only;
  return map.agents.filter(
    (agent) =>
      Object.keys(agent.capabilities).length > 0 &&
      (!filters.only || (paths.get(agent.id) ?? []).some(goes)) &&
      (!filters.team || agent.owner_team === filters.team) &&
      `${agent.name} ${agent.owner_team} ${Object.keys(agent.capabilities).join(" ")}`.toLowerCase().includes(words),
  );
}

/** Agents by team, the team with the most of them first. */
export function groupByTeam(agents: MapAgent[]): [string, MapAgent[]][] {
  const teams = new Map<string, MapAgent[]>();
  for (const agent of agents) teams.set(agent.owner_team, [...(teams.get(agent.owner_team) ?? []), agent]);
  return [...teams].toSorted(([a, some], [b, others]) => others.length - some.length || a.localeCompare(b));
}

/** What an agent can do as a row of a table. */
export function rowOf(agent: MapAgent, paths: CapabilityPath[]): Row {
  return {
    id: agent.id,
    name: agent.name,
    owner_team: agent.owner_team,
    capabilities: Object.keys(agent.capabilities).join(" "),
    ways: paths.map((path) => `${path.entry.join(" ")} > ${path.exit.join(" ")}`).join("; "),
  };
}

export function mapVerdict(map: CapabilityMap): string {
  const leaking = new Set(map.paths.filter((path) => path.kind === "exfiltration").map((path) => path.agent_id)).size;
  const injectable = new Set(map.paths.filter((path) => path.kind === "injection").map((path) => path.agent_id)).size;
  if (leaking) return `${count(leaking, "agent")} could leak internal data`;
  if (injectable) return `${count(injectable, "agent")} could be turned by what they read`;
  return "No way through any agent";
}

export function sentence(path: CapabilityPath): string {
  return path.kind === "exfiltration"
    ? `What ${path.entry_capability === "secrets" ? "credentials" : "internal data"} it reads, it could send out`
    : path.exit_capability === "code-execution"
      ? "What strangers write could become code it runs"
      : "What strangers write could make it send things out";
}

/** How many agents hold each capability. */
export function totals(agents: MapAgent[]): Record<string, number> {
  const found: Record<string, number> = {};
  for (const agent of agents) {
    for (const capability of Object.keys(agent.capabilities)) found[capability] = (found[capability] ?? 0) + 1;
  }
  return found;
}

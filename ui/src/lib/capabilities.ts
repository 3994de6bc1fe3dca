/** The map's logic: who can do what, and the ways that data or instructions can take. */
import type { CapabilityMap, CapabilityPath, CapabilitySummary } from "../api/types";
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

/** The ways through each agent. */
export function pathsOf(all: CapabilityPath[]): Map<string, CapabilityPath[]> {
  const paths = new Map<string, CapabilityPath[]>();
  for (const path of all) paths.set(path.agent_id, [...(paths.get(path.agent_id) ?? []), path]);
  return paths;
}

export type Way = (typeof WAYS)[number];

export const WAY_IN_WORDS: Record<Way, string> = {
  paths: "any way through",
  exfiltration: "can leak data",
  injection: "can be turned",
};

/** The filters of the API. */
export interface CapabilityFilters {
  q?: string | undefined;
  owner_team?: string | undefined;
  way?: Way | undefined;
  agent_id?: string | undefined;
}

export function mapVerdict({ exfiltration, injection }: CapabilitySummary): string {
  if (exfiltration) return `${count(exfiltration, "agent")} could leak internal data`;
  if (injection) return `${count(injection, "agent")} could be turned by what they read`;
  return "No way through any agent";
}

export function sentence(path: CapabilityPath): string {
  return path.kind === "exfiltration"
    ? `What ${path.entry_capability === "secrets" ? "credentials" : "internal data"} it reads, it could send out`
    : path.exit_capability === "code-execution"
      ? "What strangers write could become code it runs"
      : "What strangers write could make it send things out";
}

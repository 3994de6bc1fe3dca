/** The findings page's logic: what its filters ask of the API, and its answer in words. */
import type { FindingStatus, FindingSummary, Severity } from "../api/types";
import { count } from "./format";
import type { Group } from "./search";

/** The filters of the API. */
export interface FindingFilters {
  q?: string | undefined;
  status?: FindingStatus | undefined;
  severity?: Severity | undefined;
  rule_id?: string | undefined;
  owner_team?: string | undefined;
  agent_id?: string | undefined;
}

/** What the address says; without a status, what is open. */
export interface FindingSearch {
  q?: string | undefined;
  status?: FindingStatus | "ALL" | undefined;
  severity?: Severity | undefined;
  rule?: string | undefined;
  team?: string | undefined;
  agent?: string | undefined;
}

export function filtersOf({ q, status = "OPEN", severity, rule, team, agent }: FindingSearch): FindingFilters {
  return {
    q,
    status: status === "ALL" ? undefined : status,
    severity,
    rule_id: rule,
    owner_team: team,
    agent_id: agent,
  };
}

export function isFiltered({ q, status, severity, rule, team, agent }: FindingSearch): boolean {
  return [q, status, severity, rule, team, agent].some((filter) => filter !== undefined);
}

const PARAMETERS = { rule: "rule_id", severity: "severity", owner: "owner_team", agent: "agent_id" } as const;

/** The filters that only one group's findings pass. */
export function filtersOfGroup(filters: FindingFilters, by: Group, key: string): FindingFilters {
  return { ...filters, [PARAMETERS[by]]: key };
}

/** What is wrong anywhere, from the open findings by severity. */
export function findingsVerdict(open: FindingSummary): string {
  const critical = open.groups.find((group) => group.key === "CRITICAL");
  if (critical) return `${count(critical.findings, "critical finding")} on ${count(critical.agents, "agent")}`;
  return open.findings ? `${count(open.findings, "open finding")}, none critical` : "No open finding";
}

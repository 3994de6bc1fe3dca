/** The findings page's logic: what its filters ask of the API, and its answer in words. */
import type { BulkDecision, FindingStatus, FindingSummary, Severity } from "../api/types";
import { count } from "./format";
import type { Group } from "./search";
import { endsOf, spanOf } from "./timeRange";

/** The filters of the API. */
export interface FindingFilters {
  q?: string | undefined;
  status?: FindingStatus | undefined;
  severity?: Severity | undefined;
  rule_id?: string | undefined;
  owner_team?: string | undefined;
  agent_id?: string | undefined;
  since?: string | undefined;
  until?: string | undefined;
}

/** What the address says; without a status, what is open. */
export interface FindingSearch {
  q?: string | undefined;
  status?: FindingStatus | "ALL" | undefined;
  severity?: Severity | undefined;
  rule?: string | undefined;
  team?: string | undefined;
  agent?: string | undefined;
  time?: string | undefined;
}

export function filtersOf({ q, status = "OPEN", severity, rule, team, agent, time }: FindingSearch): FindingFilters {
  return {
    q,
    status: status === "ALL" ? undefined : status,
    severity,
    rule_id: rule,
    owner_team: team,
    agent_id: agent,
    ...spanOf(time),
  };
}

export function isFiltered({ q, status, severity, rule, team, agent, time }: FindingSearch): boolean {
  return [q, status, severity, rule, team, agent, time].some((filter) => filter !== undefined);
}

/** The filter of a decision about many findings, whose times are exact ones. */
export function bulkFilterOf({ since, until, ...filters }: FindingFilters): NonNullable<BulkDecision["filter"]> {
  if (since === undefined) return filters;
  const [from, to] = endsOf(until === undefined ? since : `${since}..${until}`, Date.now());
  return {
    ...filters,
    since: new Date(from).toISOString(),
    ...(until !== undefined && { until: new Date(to).toISOString() }),
  };
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

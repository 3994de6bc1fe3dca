/** The findings page's logic: what its filters ask of the API, and its answer in words. */
import type { BulkDecision, Finding, FindingStatus, FindingSummary, Severity } from "../api/types";
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
  assignee?: string | undefined;
  overdue?: true | undefined;
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
  /** A name, `none`, or `me`: what is assigned to the key of the reader. */
  assignee?: string | undefined;
  overdue?: true | undefined;
  time?: string | undefined;
}

export function filtersOf(search: FindingSearch): FindingFilters {
  const { q, status = "OPEN", severity, rule, team, agent, assignee, overdue, time } = search;
  return {
    q,
    status: status === "ALL" ? undefined : status,
    severity,
    rule_id: rule,
    owner_team: team,
    agent_id: agent,
    assignee,
    overdue,
    ...spanOf(time),
  };
}

export function isFiltered(search: FindingSearch): boolean {
  const { q, status, severity, rule, team, agent, assignee, overdue, time } = search;
  return [q, status, severity, rule, team, agent, assignee, overdue, time].some((filter) => filter !== undefined);
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

const DAY_MS = 86_400_000;

/** Today as due dates count it: a day in UTC. */
export function todayOf(now: Date): string {
  return now.toISOString().slice(0, 10);
}

export function isOverdue({ due_on, status }: Pick<Finding, "due_on" | "status">, today: string): boolean {
  return due_on !== null && due_on < today && status !== "RESOLVED";
}

/** A due date beside today: "due tomorrow", "due 4 Dec", "overdue 2 d". */
export function dueInWords(dueOn: string, today: string): string {
  const days = (Date.parse(dueOn) - Date.parse(today)) / DAY_MS;
  if (days < 0) return `overdue ${-days} d`;
  if (days < 2) return days === 0 ? "due today" : "due tomorrow";
  const isThisYear = dueOn.slice(0, 4) === today.slice(0, 4);
  const year = isThisYear ? undefined : "numeric";
  return `due ${new Date(dueOn).toLocaleDateString("en-GB", { day: "numeric", month: "short", year, timeZone: "UTC" })}`;
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

/** The findings page's logic: filters, groups, the answer in words. */
import type { FindingOfAgent, FindingStatus, Severity } from "../api/types";
import { count } from "./format";
import type { Group } from "./search";
import { SEVERITIES } from "./status";

export interface FindingFilters {
  q?: string | undefined;
  status?: FindingStatus | "ALL" | undefined;
  severity?: Severity | undefined;
  team?: string | undefined;
}

export function matchesFinding(finding: FindingOfAgent, filters: FindingFilters): boolean {
  const words = (filters.q ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const text = `${finding.title} ${finding.message} ${finding.rule_id} ${finding.agent_name} ${finding.owner_team} ${finding.evidence.join(" ")}`.toLowerCase();
  const status = filters.status ?? "OPEN";
  return (
    words.every((word) => text.includes(word)) &&
    (status === "ALL" || finding.status === status) &&
    (!filters.severity || finding.severity === filters.severity) &&
    (!filters.team || finding.owner_team === filters.team)
  );
}

export interface FindingGroup {
  key: string;
  title: string;
  findings: FindingOfAgent[];
}

const KEYS: Record<Group, (finding: FindingOfAgent) => [string, string]> = {
  rule: (finding) => [finding.rule_id, finding.title],
  severity: (finding) => [finding.severity, finding.severity.charAt(0) + finding.severity.slice(1).toLowerCase()],
  owner: (finding) => [finding.owner_team, finding.owner_team],
  agent: (finding) => [finding.agent_id, finding.agent_name],
};

function worst(findings: FindingOfAgent[]): number {
  return Math.min(...findings.map((finding) => SEVERITIES.indexOf(finding.severity)));
}

/** Groups, the worst and largest first; in each, the worst first, then the newest. */
export function groupFindings(findings: FindingOfAgent[], by: Group): FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const finding of findings) {
    const [key, title] = KEYS[by](finding);
    const group = groups.get(key) ?? { key, title, findings: [] };
    group.findings.push(finding);
    groups.set(key, group);
  }
  for (const group of groups.values()) {
    group.findings.sort(
      (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || b.last_opened_at.localeCompare(a.last_opened_at),
    );
  }
  return [...groups.values()].sort(
    (a, b) => worst(a.findings) - worst(b.findings) || b.findings.length - a.findings.length || a.title.localeCompare(b.title),
  );
}

export function findingsVerdict(findings: FindingOfAgent[]): string {
  const open = findings.filter((finding) => finding.status === "OPEN");
  const critical = open.filter((finding) => finding.severity === "CRITICAL");
  if (critical.length) {
    return `${count(critical.length, "critical finding")} on ${count(new Set(critical.map((one) => one.agent_id)).size, "agent")}`;
  }
  return open.length ? `${count(open.length, "open finding")}, none critical` : "No open finding";
}

import { useQuery } from "@tanstack/react-query";
import { Link, getRouteApi, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { findingsQuery } from "../../api/queries";
import type { FindingOfAgent } from "../../api/types";
import { SeverityBadge } from "../../components/Badges";
import { SearchField, Select } from "../../components/Fields";
import { FindingCard } from "../../components/FindingCard";
import { Name } from "../../components/Name";
import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/States";
import { distinct } from "../../lib/agents";
import { type FindingGroup, findingsVerdict, groupFindings, matchesFinding } from "../../lib/findings";
import { count } from "../../lib/format";
import { GROUPS, type Group as GroupBy } from "../../lib/search";
import { SEVERITIES, inWords } from "../../lib/status";

const route = getRouteApi("/shell/findings");
const NONE: FindingOfAgent[] = [];
const MOST = 500;
const MOST_IN_GROUP = 25;

/** What is wrong anywhere, the worst first. */
export function FindingsPage() {
  const findings = useQuery(findingsQuery());
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/findings" });
  const all = findings.data ?? NONE;
  const shown = useMemo(() => all.filter((finding) => matchesFinding(finding, search) || finding.id === search.finding), [all, search]);
  const groups = useMemo(() => groupFindings(shown, search.group ?? "rule"), [shown, search.group]);
  const set = (change: Partial<typeof search>) => void navigate({ search: { ...search, ...change }, replace: true });
  if (!findings.data) {
    return (
      <Page title="Findings" tab="Findings">
        {findings.error ? <Failure error={findings.error} retry={() => void findings.refetch()} /> : <Skeleton rows={8} height={48} />}
      </Page>
    );
  }
  return (
    <Page title={findingsVerdict(all)} tab="Findings">
      <StaleNotice error={findings.error} />
      <div className="mb-4 flex flex-wrap items-center gap-2">
        <SearchField label="Search findings" value={search.q ?? ""} onChange={(q) => set({ q: q || undefined })} />
        <Select
          label="Status"
          any="Open"
          value={search.status === "OPEN" ? undefined : search.status}
          options={["ACKNOWLEDGED", "RESOLVED", "ALL"] as const}
          words={inWords}
          onChange={(status) => set({ status })}
        />
        <Select label="Severity" value={search.severity} options={SEVERITIES} words={inWords} onChange={(severity) => set({ severity })} />
        <Select label="Owner" value={search.team} options={distinct(all.map((finding) => finding.owner_team))} onChange={(team) => set({ team })} />
        <Select
          label="Group by"
          any="By rule"
          value={search.group === "rule" ? undefined : search.group}
          options={GROUPS.filter((group) => group !== "rule")}
          onChange={(group) => set({ group })}
        />
        <span className="text-xs text-muted" aria-live="polite">
          {count(shown.length, "finding")}
        </span>
      </div>
      {all.length === MOST && <p className="mb-3 text-muted">The newest {MOST} are looked at; older ones are on the agents' pages.</p>}
      {shown.length === 0 && (
        <Empty title={all.length ? "No finding fits these filters" : "No findings"}>
          {all.length ? (
            <Link to="/findings" className="link">
              Clear the filters
            </Link>
          ) : (
            "The rules have nothing against any agent. They look again whenever a grant, a connection or a call changes."
          )}
        </Empty>
      )}
      <div className="flex flex-col gap-6">
        {groups.map((group) => (
          <Group key={group.key} group={group} by={search.group ?? "rule"} opened={search.finding} />
        ))}
      </div>
    </Page>
  );
}

function Group({ group, by, opened }: { group: FindingGroup; by: GroupBy; opened: string | undefined }) {
  const [isWhole, showWhole] = useState(false);
  const shown = isWhole ? group.findings : group.findings.slice(0, MOST_IN_GROUP);
  const first = group.findings[0]!;
  return (
    <section aria-label={group.title}>
      <h2 className="mb-2 flex flex-wrap items-center gap-3 font-semibold">
        {by === "severity" ? <SeverityBadge severity={first.severity} /> : <Name>{group.title}</Name>}
        <span className="text-xs font-normal text-muted">
          {count(group.findings.length, "finding")} on {count(new Set(group.findings.map((finding) => finding.agent_id)).size, "agent")}
        </span>
      </h2>
      <ul className="flex flex-col gap-2">
        {shown.map((finding) => (
          <li key={finding.id}>
            <FindingCard finding={finding} isOpen={finding.id === opened} leadsWithAgent={by === "rule"} />
          </li>
        ))}
      </ul>
      {shown.length < group.findings.length && (
        <button type="button" className="button button-small mt-2" onClick={() => showWhole(true)}>
          {group.findings.length - shown.length} more
        </button>
      )}
    </section>
  );
}

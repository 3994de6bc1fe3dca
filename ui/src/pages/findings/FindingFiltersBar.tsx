import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { assigneesQuery, findingSummaryQuery, overviewQuery, rulesQuery } from "../../api/queries";
import type { AgentSummary, Rule } from "../../api/types";
import { AgentSelect } from "../../components/AgentSelect";
import { SearchField, Select } from "../../components/Fields";
import { SavedViews } from "../../components/SavedViews";
import { distinct } from "../../lib/agents";
import { isFiltered } from "../../lib/findings";
import { count } from "../../lib/format";
import { FINDING_SORTS, GROUPS } from "../../lib/search";
import { inWords, SEVERITIES } from "../../lib/status";
import { useSearchText } from "../../lib/useSearchText";

const route = getRouteApi("/shell/findings");
/** What there is to choose from seldom changes. */
const CHOICES_MS = 60_000;
const NO_AGENTS: AgentSummary[] = [];
const NO_RULES: Rule[] = [];
/** Assignees that are not names. */
const ASSIGNEES: Record<string, string> = { me: "Mine", none: "Unassigned" };

/** Search, filters and grouping. All of it stands in the address, and is answered by the server. */
export function FindingFiltersBar({ shown }: { shown: number }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/findings" });
  const agents = useQuery({ ...overviewQuery, refetchInterval: CHOICES_MS }).data ?? NO_AGENTS;
  const rules = useQuery(rulesQuery).data ?? NO_RULES;
  const owners = useQuery({ ...findingSummaryQuery({}, "owner"), refetchInterval: CHOICES_MS }).data?.groups ?? [];
  const assignees = useQuery(assigneesQuery).data?.map((one) => one.name) ?? [];
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true });
  const text = useSearchText(search.q, (q) => set({ q }));
  const titles = Object.fromEntries(rules.map((rule) => [rule.id, rule.title]));
  const named = (assignee: string | undefined) => (assignee && !(assignee in ASSIGNEES) ? [assignee] : []);
  const chosen = (value: string | undefined) => (value === undefined ? [] : [value]);
  return (
    <div className="mb-4 flex flex-wrap items-center gap-2">
      <SearchField label="Search findings" search={text} />
      <SavedViews page="findings" />
      <Select
        label="Status"
        any="Open"
        value={search.status === "OPEN" ? undefined : search.status}
        options={["ACKNOWLEDGED", "RESOLVED", "ALL"] as const}
        words={inWords}
        onChange={(status) => set({ status })}
      />
      <Select
        label="Severity"
        value={search.severity}
        options={SEVERITIES}
        words={inWords}
        onChange={(severity) => set({ severity })}
      />
      <Select
        label="Rule"
        value={search.rule}
        options={distinct([...Object.keys(titles), ...chosen(search.rule)])}
        words={(rule) => titles[rule] ?? rule}
        onChange={(rule) => set({ rule })}
      />
      <Select
        label="Owner"
        value={search.team}
        options={distinct([...owners.map((owner) => owner.key), ...chosen(search.team)])}
        onChange={(team) => set({ team })}
      />
      <AgentSelect agents={agents} value={search.agent} onChange={(agent) => set({ agent })} />
      <Select
        label="Assignee"
        value={search.assignee}
        options={[...Object.keys(ASSIGNEES), ...distinct([...assignees, ...named(search.assignee)])]}
        words={(name) => ASSIGNEES[name] ?? name}
        onChange={(assignee) => set({ assignee })}
      />
      <Select
        label="Due"
        value={search.overdue && "overdue"}
        options={["overdue"] as const}
        words={() => "Overdue"}
        onChange={(overdue) => set({ overdue: overdue && true })}
      />
      <Select
        label="Sort"
        any="Worst first"
        value={search.sort}
        options={FINDING_SORTS}
        words={() => "First due first"}
        onChange={(sort) => set({ sort })}
      />
      <Select
        label="Group by"
        any="By rule"
        value={search.group === "rule" ? undefined : search.group}
        options={GROUPS.filter((group) => group !== "rule")}
        words={(group) => `By ${group}`}
        onChange={(group) => set({ group })}
      />
      <span className="text-xs text-muted" aria-live="polite">
        {count(shown, "finding")}
      </span>
      {isFiltered(search) && (
        <Link
          to="/findings"
          search={{ group: search.group, sort: search.sort, time: undefined }}
          onClick={text.clear}
          className="link text-xs"
        >
          Clear
        </Link>
      )}
    </div>
  );
}

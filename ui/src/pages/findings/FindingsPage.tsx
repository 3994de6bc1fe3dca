import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { findingQuery, findingSummaryQuery, sessionQuery } from "../../api/queries";
import { AttentionLink } from "../../components/AttentionLink";
import { FindingCard } from "../../components/FindingCard";
import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { filtersOf, findingsVerdict, isFiltered } from "../../lib/findings";
import { count } from "../../lib/format";
import { timeInWords } from "../../lib/timeRange";
import { useDecision } from "../../lib/useDecision";
import { useMayWrite } from "../../lib/useRights";
import { useShortcuts } from "../../lib/useShortcuts";
import { ExportFindings } from "./ExportFindings";
import { FindingFiltersBar } from "./FindingFiltersBar";
import { FindingGroupSection } from "./FindingGroupSection";
import { TriageBar } from "./TriageBar";
import { type FindingSelection, useFindingSelection } from "./useFindingSelection";

const route = getRouteApi("/shell/findings");

/** What is wrong anywhere, the worst first. Counted, searched and listed by the server: it knows all of them. */
export function FindingsPage() {
  const search = route.useSearch();
  const filters = filtersOf(search);
  const by = search.group ?? "rule";
  const open = useQuery(findingSummaryQuery({ status: "OPEN" }, "severity"));
  const summary = useQuery({ ...findingSummaryQuery(filters, by), placeholderData: keepPreviousData });
  const error = summary.error ?? open.error;
  const selection = useFindingSelection(JSON.stringify(filters));
  const mayWrite = useMayWrite();
  const navigate = useNavigate({ from: "/findings" });
  const openFinding = (finding: string | undefined) =>
    void navigate({ search: (old) => ({ ...old, finding }), replace: true, resetScroll: false });
  // The one that the reader came with; those opened on the page stand in the list.
  const [linked] = useState(search.finding);
  const refusal = useFindingKeys(mayWrite ? selection : undefined);
  if (!summary.data || !open.data) {
    const retry = () => void Promise.all([summary.refetch(), open.refetch()]);
    return (
      <Page title="Findings" tab="Findings" isTimed>
        {error ? <Failure error={error} retry={retry} /> : <Skeleton rows={8} height={48} />}
      </Page>
    );
  }
  const { findings, groups, group_count } = summary.data;
  return (
    <Page
      title={findingsVerdict(open.data)}
      tab="Findings"
      isTimed
      actions={<ExportFindings filters={filters} />}
      lead={
        <>
          <AttentionLink />
          {search.time && ` · Those that last opened: ${timeInWords(search.time)}`}
        </>
      }
    >
      <StaleNotice error={error} />
      {refusal && (
        <p role="alert" className="mb-3 text-critical">
          {refusal.message}
        </p>
      )}
      {linked && linked === search.finding && <LinkedFinding id={linked} />}
      <FindingFiltersBar shown={findings} />
      {findings === 0 && (
        <Empty title={isFiltered(search) ? "No finding fits these filters" : "No open finding"}>
          {isFiltered(search) ? (
            <Link to="/findings" search={{ time: undefined }} className="link">
              Clear the filters
            </Link>
          ) : (
            "The rules have nothing against any agent that is not decided. They look again whenever a grant, a connection or a call changes."
          )}
        </Empty>
      )}
      <div
        className={`flex flex-col gap-6 ${summary.isPlaceholderData ? "opacity-50" : ""}`}
        aria-busy={summary.isPlaceholderData}
      >
        {groups.map((group) => (
          <FindingGroupSection
            key={`${by} ${group.key}`}
            group={group}
            by={by}
            filters={filters}
            order={search.sort ?? "worst"}
            selection={mayWrite ? selection : undefined}
            open={openFinding}
          />
        ))}
      </div>
      {mayWrite && <TriageBar selection={selection} filters={filters} matching={findings} />}
      {groups.length < group_count && (
        <p className="mt-6 text-muted">
          {count(group_count - groups.length, "more group")}: search or filter to see them.
        </p>
      )}
    </Page>
  );
}

/**
 * The keyboard: j and k go from finding to finding, x selects the one they are on, a assigns it to the reader, and Enter
 * opens it. Returns why the last assignment was refused.
 */
function useFindingKeys(selection: FindingSelection | undefined): Error | null {
  const own = useQuery(sessionQuery).data?.key_name;
  const decide = useDecision();
  const listed = () => [...document.querySelectorAll<HTMLElement>("[data-finding]")];
  const at = () => listed().findIndex((one) => one.closest("li")?.contains(document.activeElement));
  const focused = () => listed()[at()]?.dataset.finding;
  const go = (step: number) =>
    listed()
      .at(Math.max(0, Math.min(listed().length - 1, at() + step)))
      ?.focus();
  useShortcuts({
    j: () => go(1),
    k: () => go(-1),
    ...(selection && {
      x: () => {
        const id = focused();
        if (id) selection.toggle(id, false);
      },
      a: () => {
        const id = focused();
        if (id && own) decide.mutate({ id, assignee: own });
      },
    }),
  });
  return decide.error;
}

/** The finding that a link leads to, whatever the filters say. */
function LinkedFinding({ id }: { id: string }) {
  const finding = useQuery(findingQuery(id));
  if (finding.error && !finding.data) return <Failure error={finding.error} retry={() => void finding.refetch()} />;
  return (
    <section aria-label="The finding of this link" className="mb-6">
      {finding.data ? <FindingCard finding={finding.data} isOpen /> : <Skeleton rows={1} height={48} />}
    </section>
  );
}

import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import { findingsQuery } from "../../api/queries";
import type { FindingGroup } from "../../api/types";
import { SeverityBadge } from "../../components/Badges";
import { FindingCard } from "../../components/FindingCard";
import { Failure } from "../../components/QueryStates";
import { UntrustedText } from "../../components/UntrustedText";
import { type FindingFilters, filtersOfGroup } from "../../lib/findings";
import { count, visible } from "../../lib/format";
import type { Group } from "../../lib/search";
import { useIsSeen } from "../../lib/useIsSeen";
import type { FindingSelection } from "./useFindingSelection";

const CARD_HEIGHT = 48;
const MOST_AT_FIRST = 25;

/** Findings that have something in common: how many there are, and the worst of them. Read when they come into sight. */
export function FindingGroupSection({
  group,
  by,
  filters,
  order,
  selection,
  open,
}: {
  group: FindingGroup;
  by: Group;
  filters: FindingFilters;
  order: "worst" | "due";
  /** Undefined for a key that may only look. */
  selection: FindingSelection | undefined;
  /** Called with the finding that is opened, undefined when it is closed. */
  open: (id: string | undefined) => void;
}) {
  const [element, isSeen] = useIsSeen<HTMLElement>();
  const pages = useInfiniteQuery({
    ...findingsQuery(filtersOfGroup(filters, by, group.key), order),
    enabled: isSeen,
    placeholderData: keepPreviousData,
  });
  const findings = pages.data?.pages.flatMap((page) => page.body) ?? [];
  const more = group.findings - findings.length;
  return (
    <section ref={element} aria-label={group.title}>
      <h2 className="mb-2 flex flex-wrap items-center gap-3 font-semibold">
        {by === "severity" ? <SeverityBadge severity={group.severity} /> : <UntrustedText>{group.title}</UntrustedText>}
        <span className="text-xs font-normal text-muted">
          {count(group.findings, "finding")} on {count(group.agents, "agent")}
        </span>
        {selection && (
          <button
            type="button"
            className="button button-small font-normal"
            aria-label={`Select all ${group.findings} of ${visible(group.title)}`}
            onClick={() => selection.selectAll(filtersOfGroup(filters, by, group.key), group.findings)}
          >
            Select all
          </button>
        )}
      </h2>
      {pages.error && !pages.data && <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending && !pages.error && (
        <div
          className="skeleton"
          style={{ height: Math.min(group.findings, MOST_AT_FIRST) * CARD_HEIGHT }}
          aria-busy={isSeen}
        />
      )}
      <ul className="flex flex-col gap-2">
        {findings.map((finding) => (
          <li key={finding.id} className="flex items-start gap-2">
            {selection && (
              <input
                type="checkbox"
                className="mt-3"
                checked={selection.has(finding.id)}
                onChange={(event) => selection.toggle(finding.id, (event.nativeEvent as MouseEvent).shiftKey)}
                aria-label={`Select ${visible(finding.agent_name)}: ${finding.title}`}
              />
            )}
            <FindingCard
              finding={finding}
              leadsWithAgent={by === "rule"}
              onToggle={(isShown) => open(isShown ? finding.id : undefined)}
            />
          </li>
        ))}
      </ul>
      {pages.hasNextPage && more > 0 && (
        <button
          type="button"
          className="button button-small mt-2"
          disabled={pages.isFetchingNextPage}
          onClick={() => void pages.fetchNextPage()}
        >
          {pages.isFetchingNextPage ? "Reading…" : `${more} more`}
        </button>
      )}
    </section>
  );
}

import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { eventPagesQuery } from "../api/queries";
import type { EventFilters } from "../lib/events";
import { useEventKeys } from "../lib/useEventKeys";
import { useIsNarrow } from "../lib/useIsNarrow";
import { EventRow, EventTable } from "./EventTable";
import { MorePages } from "./MorePages";
import { Failure, Skeleton, StaleNotice } from "./QueryStates";

const LIVE_MS = 5_000;

/** All events that pass the filters, newest first, page by page. */
export function EventPages({
  filters,
  showsAgent = true,
  empty,
}: {
  filters: EventFilters;
  showsAgent?: boolean;
  empty: React.ReactNode;
}) {
  const isNarrow = useIsNarrow();
  useEventKeys();
  const pages = useInfiniteQuery({
    ...eventPagesQuery(filters),
    // What lies in the past stays as it is.
    refetchInterval: (query) =>
      filters.until === undefined && (query.state.data?.pages.length ?? 0) < 3 ? LIVE_MS : false,
  });
  const events = useMemo(() => pages.data?.pages.flatMap((page) => page.body) ?? [], [pages.data]);
  if (pages.error && !pages.data) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (!pages.data) return <Skeleton rows={8} />;
  return (
    <>
      <StaleNotice error={pages.error} />
      {events.length === 0 ? (
        empty
      ) : (
        <EventTable showsAgent={showsAgent}>
          <div role="rowgroup" className="overflow-hidden [scrollbar-gutter:stable]">
            {events.map((event) => (
              <EventRow key={event.event_id} event={event} isNarrow={isNarrow} showsAgent={showsAgent} />
            ))}
          </div>
        </EventTable>
      )}
      <MorePages pages={pages} label="Older events" />
    </>
  );
}

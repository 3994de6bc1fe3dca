import { useInfiniteQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type EventFilters, eventPagesQuery } from "../api/queries";
import type { EventRecord } from "../api/types";
import { EventLine } from "./EventLine";
import { MorePages } from "./MorePages";
import { Failure, Skeleton, StaleNotice } from "./QueryStates";

const LIVE_MS = 5_000;
const ANY = () => true;

/** Events of a span of time, newest first, page by page. */
export function EventPages({
  filters,
  fits = ANY,
  showsAgent = true,
  empty,
}: {
  filters: EventFilters;
  fits?: (event: EventRecord) => boolean;
  showsAgent?: boolean;
  empty: React.ReactNode;
}) {
  const pages = useInfiniteQuery({
    ...eventPagesQuery(filters),
    // What lies in the past stays as it is.
    refetchInterval: (query) =>
      filters.until === undefined && (query.state.data?.pages.length ?? 0) < 3 ? LIVE_MS : false,
  });
  const events = useMemo(() => pages.data?.pages.flatMap((page) => page.body) ?? [], [pages.data]);
  if (pages.error && !pages.data) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (!pages.data) return <Skeleton rows={8} />;
  const shown = events.filter(fits);
  return (
    <>
      <StaleNotice error={pages.error} />
      {shown.length === 0 && !pages.hasNextPage ? (
        empty
      ) : (
        <ul className="card divide-y divide-line" aria-label="Events, newest first">
          {shown.map((event) => (
            <li key={event.event_id} className="hover:bg-raised">
              <EventLine event={event} showsAgent={showsAgent} />
            </li>
          ))}
        </ul>
      )}
      <MorePages pages={pages} label="Older events" />
    </>
  );
}

import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useLayoutEffect, useRef } from "react";
import type { EventRecord } from "../../api/types";
import { CARD, EventRow, EventTable, ROW } from "../../components/EventTable";
import { useEventKeys } from "../../lib/useEventKeys";
import { useIsNarrow } from "../../lib/useIsNarrow";

/** Events, newest first; only those in sight are drawn. A reader who has scrolled down keeps their place. */
export function EventList({ events, onHover }: { events: EventRecord[]; onHover: (isHovered: boolean) => void }) {
  const frame = useRef<HTMLDivElement>(null);
  const first = useRef<string | undefined>(undefined);
  const isNarrow = useIsNarrow();
  const height = isNarrow ? CARD : ROW;
  useEventKeys();
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => frame.current,
    estimateSize: () => height,
    overscan: 8,
    getItemKey: (place) => events[place]?.event_id ?? place,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: it changes the height of a row
  useEffect(() => virtual.measure(), [virtual, isNarrow]);
  useLayoutEffect(() => {
    const element = frame.current;
    const added = first.current ? events.findIndex((event) => event.event_id === first.current) : 0;
    first.current = events[0]?.event_id;
    if (element && added > 0 && element.scrollTop > 0) element.scrollTop += added * height;
  }, [events, height]);
  return (
    <EventTable>
      <div
        ref={frame}
        role="rowgroup"
        aria-label="Rows"
        tabIndex={0}
        className="h-[calc(100dvh-420px)] min-h-60 overflow-auto [overflow-anchor:none] [scrollbar-gutter:stable]"
        onMouseEnter={() => onHover(true)}
        onMouseLeave={() => onHover(false)}
      >
        <div role="presentation" className="relative" style={{ height: virtual.getTotalSize() }}>
          {virtual.getVirtualItems().map((item) => {
            const event = events[item.index];
            return event ? (
              <EventRow
                key={item.key}
                event={event}
                isNarrow={isNarrow}
                style={{ transform: `translateY(${item.start}px)`, height }}
              />
            ) : null;
          })}
        </div>
      </div>
    </EventTable>
  );
}

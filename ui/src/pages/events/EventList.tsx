import { useVirtualizer } from "@tanstack/react-virtual";
import { useLayoutEffect, useRef } from "react";
import type { EventRecord } from "../../api/types";
import { EventLine } from "../../components/EventLine";

const ROW = 40;

/** Events, newest first; only those in sight are drawn. A reader who has scrolled down keeps their place. */
export function EventList({ events, onHover }: { events: EventRecord[]; onHover: (isHovered: boolean) => void }) {
  const frame = useRef<HTMLDivElement>(null);
  const first = useRef<string | undefined>(undefined);
  const virtual = useVirtualizer({
    count: events.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW,
    overscan: 8,
    getItemKey: (place) => events[place]?.event_id ?? place,
  });
  useLayoutEffect(() => {
    const element = frame.current;
    const added = first.current ? events.findIndex((event) => event.event_id === first.current) : 0;
    first.current = events[0]?.event_id;
    if (element && added > 0 && element.scrollTop > 0) element.scrollTop += added * ROW;
  }, [events]);
  return (
    <div
      ref={frame}
      role="region"
      aria-label="Events, newest first"
      tabIndex={0}
      className="card h-[calc(100dvh-350px)] min-h-60 overflow-auto [overflow-anchor:none]"
      onMouseEnter={() => onHover(true)}
      onMouseLeave={() => onHover(false)}
    >
      <ul className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const event = events[item.index];
          return event ? (
            <li
              key={item.key}
              className="absolute inset-x-0 border-b border-line hover:bg-raised"
              style={{ transform: `translateY(${item.start}px)`, height: ROW }}
            >
              <EventLine event={event} />
            </li>
          ) : null;
        })}
      </ul>
    </div>
  );
}

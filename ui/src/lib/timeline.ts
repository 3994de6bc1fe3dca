/** A session as a timeline: where each call begins, and how long it took. */
import type { EventRecord } from "../api/types";

export interface Bar {
  event: EventRecord;
  /** Both in percent of the session's length. */
  left: number;
  width: number;
}

const LEAST_WIDTH = 0.6;

/** Oldest first. An event's time is its end when it says how long it took, so that bars begin where calls began. */
export function layOut(events: EventRecord[]): { bars: Bar[]; milliseconds: number } {
  const spans = events
    .map((event) => {
      const end = new Date(event.timestamp).getTime();
      return { event, start: end - (event.duration_ms ?? 0), end };
    })
    .sort((a, b) => a.start - b.start || a.end - b.end);
  const from = Math.min(...spans.map(({ start }) => start));
  const milliseconds = Math.max(1, Math.max(...spans.map(({ end }) => end)) - from);
  const bars = spans.map(({ event, start, end }) => {
    const width = Math.max(LEAST_WIDTH, ((end - start) / milliseconds) * 100);
    return { event, left: Math.min(100 - width, ((start - from) / milliseconds) * 100), width };
  });
  return { bars, milliseconds: spans.length ? milliseconds : 0 };
}

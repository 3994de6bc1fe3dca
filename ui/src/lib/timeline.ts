/** A session as a timeline: where each call begins, and how long it took. */
import type { EventRecord } from "../api/types";

export interface Bar {
  event: EventRecord;
  /** Both in percent of the session's length. */
  left: number;
  width: number;
}

/** Calls that one line can stand for: the same tool again and again, ending alike, unusual in the same way. */
export interface Stretch {
  bars: Bar[];
  /** The call whose reasons say most: the last of the worst. */
  worst: EventRecord;
}

const LEAST_WIDTH = 0.6;
const WORTH_JOINING = 3;

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

/** Joins what a reader would skip over: three or more calls in a row that differ in nothing but their time. */
export function gather(bars: Bar[]): Stretch[] {
  const runs: Bar[][] = [];
  for (const bar of bars) {
    const run = runs.at(-1);
    if (run && kindOf(run[0]!.event) === kindOf(bar.event)) run.push(bar);
    else runs.push([bar]);
  }
  return runs
    .flatMap((run) => (run.length >= WORTH_JOINING ? [run] : run.map((bar) => [bar])))
    .map((joined) => ({ bars: joined, worst: worstOf(joined) }));
}

function kindOf({ tool_name, operation, status, reasons }: EventRecord): string {
  return JSON.stringify([tool_name, operation, status, reasons.map((reason) => reason.detector)]);
}

function worstOf(bars: Bar[]): EventRecord {
  return bars
    .map(({ event }) => event)
    .reduce((worst, event) => ((event.anomaly_score ?? 0) >= (worst.anomaly_score ?? 0) ? event : worst));
}

/** The live feed: a stream that is opened again after the last event it delivered, and a buffer that stays small. */
import type { EventRecord } from "../api/types";
import { BASE } from "./base";

export type FeedState = "connecting" | "live" | "lost";

const RETRY_MS = 2_000;

export interface Feed {
  close: () => void;
}

/**
 * Listens until closed. The browser reconnects by itself while it can; when it gives up (the server answered with an
 * error), a new stream is opened that begins after the last event seen.
 */
export function openFeed(
  agentId: string | undefined,
  onEvent: (event: EventRecord) => void,
  /** Resumed: it goes on after the last event seen, so that none is missing. */
  onState: (state: FeedState, isResumed: boolean) => void,
): Feed {
  let last = "";
  let timer = 0;
  let source: EventSource;
  const open = () => {
    const parameters = new URLSearchParams({ ...(agentId && { agent_id: agentId }), ...(last && { after: last }) });
    source = new EventSource(`${BASE}/api/v1/events/stream?${parameters}`);
    source.onopen = () => onState("live", last !== "");
    source.addEventListener("tool_call", (message: MessageEvent<string>) => {
      last = message.lastEventId;
      onEvent(JSON.parse(message.data) as EventRecord);
    });
    source.onerror = () => {
      onState("lost", false);
      if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(open, RETRY_MS);
    };
  };
  onState("connecting", false);
  open();
  return {
    close: () => {
      window.clearTimeout(timer);
      source.close();
    },
  };
}

/** Newest first; the oldest fall out. Events that are there already (told again after a reconnect) are left out. */
export class Buffer {
  private readonly ids = new Set<string>();
  private events: EventRecord[] = [];

  constructor(private readonly length: number) {}

  /** Adds what came, in the order it came; returns the whole, newest first, as a new array. */
  add(incoming: EventRecord[]): EventRecord[] {
    const fresh = incoming.filter((event) => {
      const isNew = !this.ids.has(event.event_id);
      this.ids.add(event.event_id);
      return isNew;
    });
    const all = [...fresh.reverse(), ...this.events];
    for (const dropped of all.slice(this.length)) this.ids.delete(dropped.event_id);
    this.events = all.slice(0, this.length);
    return this.events;
  }

  /** Puts events among those that are there, by their times; returns the whole, newest first, as a new array. */
  fill(found: EventRecord[]): EventRecord[] {
    const missing = found.filter((event) => !this.ids.has(event.event_id));
    this.events = [...this.events, ...missing]
      .sort((a, b) => b.timestamp.localeCompare(a.timestamp))
      .slice(0, this.length);
    this.ids.clear();
    for (const event of this.events) this.ids.add(event.event_id);
    return this.events;
  }

  get size(): number {
    return this.ids.size;
  }
}

/** Events a second over the last few seconds, from the times at which they came. */
export class Rate {
  private times: number[] = [];

  constructor(private readonly windowMs = 5_000) {}

  count(events: number, at: number): void {
    for (let number = 0; number < events; number += 1) this.times.push(at);
  }

  perSecond(now: number): number {
    const begin = this.times.findIndex((time) => now - time < this.windowMs);
    this.times = begin < 0 ? [] : this.times.slice(begin);
    return this.times.length / (this.windowMs / 1_000);
  }
}

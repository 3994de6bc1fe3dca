import { useEffect, useRef, useState } from "react";
import type { EventRecord } from "../../api/types";
import { request, query } from "../../api/client";
import { Buffer, Rate, openFeed, type FeedState } from "../../lib/feed";

const KEPT = 5_000;
const FLUSH_MS = 200;
const BACKLOG = 100;

/** The last events and what comes, at most five renders a second; while held, the list stands still and news are counted. */
export function useFeed(agentId: string | undefined, isHeld: boolean) {
  const [events, setEvents] = useState<EventRecord[] | null>(null);
  const [state, setState] = useState<FeedState>("connecting");
  const [waiting, setWaiting] = useState(0);
  const [rate, setRate] = useState(0);
  const held = useRef(isHeld);
  held.current = isHeld;
  useEffect(() => {
    const buffer = new Buffer(KEPT);
    const speed = new Rate();
    let incoming: EventRecord[] = [];
    let isOver = false;
    const feed = openFeed(
      agentId,
      (event) => {
        speed.count(1, Date.now());
        incoming.push(event);
        if (incoming.length > KEPT) incoming.shift();
      },
      setState,
    );
    void request<EventRecord[]>("GET", `/events${query({ agent_id: agentId, limit: BACKLOG })}`)
      .then((backlog) => !isOver && setEvents(buffer.add(backlog.reverse())))
      .catch(() => !isOver && setEvents((shown) => shown ?? []));
    const timer = window.setInterval(() => {
      setRate(speed.perSecond(Date.now()));
      setWaiting(held.current ? incoming.length : 0);
      if (held.current || incoming.length === 0) return;
      setEvents(buffer.add(incoming));
      incoming = [];
    }, FLUSH_MS);
    setEvents(null);
    return () => {
      isOver = true;
      feed.close();
      window.clearInterval(timer);
    };
  }, [agentId]);
  return { events, state, waiting, rate };
}

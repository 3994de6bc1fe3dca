import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { dataOf, server } from "../../api/client";
import { sessionQuery } from "../../api/queries";
import type { EventRecord } from "../../api/types";
import { type EventFilters, fits } from "../../lib/events";
import { Buffer, type FeedState, openFeed, Rate } from "../../lib/feed";

const KEPT = 5_000;
const FLUSH_MS = 200;
const BACKLOG = 100;

/**
 * The last events that pass the filters and those that come, at most five renders a second; while held, the list stands
 * still and news are counted. The rate is that of all events of the agent, or of all agents.
 */
export function useFeed(filters: EventFilters, teams: ReadonlyMap<string, string>, isHeld: boolean) {
  const client = useQueryClient();
  const [events, setEvents] = useState<EventRecord[] | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [state, setState] = useState<FeedState>("connecting");
  const [waiting, setWaiting] = useState(0);
  const [rate, setRate] = useState(0);
  const held = useRef(isHeld);
  held.current = isHeld;
  const reload = useRef(() => {});
  const current = useRef(teams);
  current.current = teams;
  const key = JSON.stringify(filters);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the key says what the filters say
  useEffect(() => {
    const buffer = new Buffer(KEPT);
    const speed = new Rate();
    let incoming: EventRecord[] = [];
    let isOver = false;
    const load = () => {
      setError(null);
      dataOf(server.GET("/api/v1/events", { params: { query: { ...filters, limit: BACKLOG } } })).then(
        (backlog) => !isOver && setEvents(buffer.fill(backlog)),
        (failure: Error) => !isOver && setError(failure),
      );
    };
    reload.current = load;
    const onEvent = (event: EventRecord) => {
      speed.count(1, Date.now());
      if (!fits(event, filters, current.current)) return;
      incoming.push(event);
      if (incoming.length > KEPT) incoming.shift();
    };
    let wasLost = false;
    const feed = openFeed(filters.agent_id, onEvent, (next, isResumed) => {
      setState(next);
      // The stream does not say why it ended; that the session has, the session says.
      if (next === "lost") void client.fetchQuery({ ...sessionQuery, staleTime: 0 }).catch(() => undefined);
      if (next === "live" && wasLost && !isResumed) load();
      wasLost = next === "lost";
    });
    const timer = window.setInterval(() => {
      setRate(speed.perSecond(Date.now()));
      setWaiting(held.current ? incoming.length : 0);
      if (held.current || incoming.length === 0) return;
      setEvents(buffer.add(incoming));
      incoming = [];
    }, FLUSH_MS);
    setEvents(null);
    load();
    return () => {
      isOver = true;
      feed.close();
      window.clearInterval(timer);
    };
  }, [key, client]);
  return { events, error, state, waiting, rate, reload: () => reload.current() };
}

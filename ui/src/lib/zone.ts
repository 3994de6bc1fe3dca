/** The time zone in which times are shown: UTC, or that of the browser. */
import { useSyncExternalStore } from "react";

export type Zone = "utc" | "local";
const KEY = "agentsentinel-zone";
const listeners = new Set<() => void>();
let current: Zone = read();

function read(): Zone {
  return typeof localStorage !== "undefined" && localStorage.getItem(KEY) === "utc" ? "utc" : "local";
}

export function zone(): Zone {
  return current;
}

export function setZone(next: Zone): void {
  current = next;
  if (typeof localStorage !== "undefined") localStorage.setItem(KEY, next);
  for (const listener of listeners) listener();
}

/** The zone as formatters of the browser take it; undefined is the browser's own. */
export function timeZone(): "UTC" | undefined {
  return current === "utc" ? "UTC" : undefined;
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useZone(): Zone {
  return useSyncExternalStore(subscribe, zone);
}

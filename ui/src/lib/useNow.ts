/** A clock that ticks once a second, for all who show relative times. */
import { useSyncExternalStore } from "react";

let now = new Date();
const listeners = new Set<() => void>();
setInterval(() => {
  now = new Date();
  for (const listener of listeners) listener();
}, 1000);

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useNow(): Date {
  return useSyncExternalStore(subscribe, () => now);
}

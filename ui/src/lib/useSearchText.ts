import { useEffect, useRef, useState } from "react";
import { useEvent } from "./useEvent";

const PAUSE_MS = 150;

/** What stands in a page's search field. */
export interface SearchText {
  typed: string;
  type: (text: string) => void;
  /** Writes what was typed into the address now instead of after a pause. */
  settle: () => void;
  /** Empties the field, for a link that empties the address. */
  clear: () => void;
}

/**
 * A search as it is typed, and as it stands in the address a moment later. Lists that are filtered in the browser
 * follow what is typed: then no key meets a list other than the one that the field says.
 */
export function useSearchText(address: string | undefined, write: (q: string | undefined) => void): SearchText {
  const value = address ?? "";
  const [typed, setTyped] = useState(value);
  const timer = useRef(0);
  const pending = useRef<string | null>(null);
  const sent = useRef<string[]>([]);
  useEffect(() => {
    // What was typed comes back by way of the address, perhaps when more has been typed: that must not be undone.
    const place = sent.current.indexOf(value);
    sent.current = sent.current.slice(place + 1);
    if (place < 0) setTyped(value);
  }, [value]);
  const settle = useEvent(() => {
    window.clearTimeout(timer.current);
    const text = pending.current;
    pending.current = null;
    if (text === null) return;
    if (text !== value) sent.current.push(text);
    write(text || undefined);
  });
  const type = useEvent((text: string) => {
    setTyped(text);
    pending.current = text;
    window.clearTimeout(timer.current);
    timer.current = window.setTimeout(settle, PAUSE_MS);
  });
  const clear = useEvent(() => {
    window.clearTimeout(timer.current);
    pending.current = null;
    setTyped("");
  });
  // A user who has left the page must not be led back to it.
  useEffect(() => () => window.clearTimeout(timer.current), []);
  return { typed, type, settle, clear };
}

/** The keyboard. Keys typed into a field are the field's. */
import { useEffect, useRef } from "react";

export type Shortcuts = Record<string, () => void>;
const SEQUENCE_MS = 900;

export function isTyping(target: EventTarget | null): boolean {
  const isTicked = target instanceof HTMLInputElement && target.type === "checkbox";
  return (
    !isTicked &&
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  );
}

/** Calls what a key, two after one another ("g a"), or one with Ctrl or Command ("Ctrl+k", also in a field) stands for. */
export function useShortcuts(keys: Shortcuts): void {
  const current = useRef(keys);
  current.current = keys;
  useEffect(() => {
    let first = "";
    let firstAt = 0;
    const onKey = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey) return;
      if (document.querySelector('[role="dialog"]') && event.key !== "?") return;
      if (event.ctrlKey || event.metaKey) {
        const combined = current.current[`Ctrl+${event.key.toLowerCase()}`];
        if (combined) event.preventDefault();
        combined?.();
        return;
      }
      if (isTyping(event.target)) return;
      const pair = event.timeStamp - firstAt < SEQUENCE_MS ? `${first} ${event.key}` : event.key;
      const action = current.current[pair] ?? current.current[event.key];
      [first, firstAt] = action ? ["", 0] : [event.key, event.timeStamp];
      if (action) {
        event.preventDefault();
        action();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}

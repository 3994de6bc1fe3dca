/** A function that stays the same one and always does the latest thing: for those who redraw when theirs is another. */
import { useCallback, useLayoutEffect, useRef } from "react";

export function useEvent<Arguments extends unknown[]>(
  action: (...args: Arguments) => void,
): (...args: Arguments) => void {
  const latest = useRef(action);
  useLayoutEffect(() => {
    latest.current = action;
  });
  return useCallback((...args: Arguments) => latest.current(...args), []);
}

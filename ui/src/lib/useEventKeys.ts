import { useShortcuts } from "./useShortcuts";

/** The keyboard of a list of events: j and k go from one to the next, and Enter opens it, being a link. */
export function useEventKeys(): void {
  const go = (step: number) => {
    const links = [...document.querySelectorAll<HTMLElement>("a[data-event]")];
    const at = links.indexOf(document.activeElement as HTMLElement);
    links[Math.max(0, Math.min(links.length - 1, at + step))]?.focus();
  };
  useShortcuts({ j: () => go(1), k: () => go(-1) });
}

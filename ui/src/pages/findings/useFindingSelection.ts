import { useEffect, useRef, useState } from "react";
import type { FindingFilters } from "../../lib/findings";

/** What is selected: findings one by one, or all that pass a filter, however many the page has read. */
export type Selected =
  | { kind: "ids"; ids: ReadonlySet<string> }
  | { kind: "all"; filters: FindingFilters; count: number };

const NONE: Selected = { kind: "ids", ids: new Set() };

export interface FindingSelection {
  selected: Selected;
  has: (id: string) => boolean;
  toggle: (id: string, isRange: boolean) => void;
  selectAll: (filters: FindingFilters, count: number) => void;
  clear: () => void;
}

/** The finding that each element of the page is about, in the order in which they stand. */
function listedIds(): string[] {
  return [...document.querySelectorAll<HTMLElement>("[data-finding]")].map((element) => element.dataset.finding!);
}

/** The selection of findings. With the shift key, all from the last one that was chosen to this one. */
export function useFindingSelection(filters: string): FindingSelection {
  const [selected, setSelected] = useState<Selected>(NONE);
  const last = useRef<string | null>(null);
  // What was selected under other filters must not be decided unseen.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the filters are the reason, not an input
  useEffect(() => setSelected(NONE), [filters]);
  const toggle = (id: string, isRange: boolean) => {
    const next = new Set(selected.kind === "ids" ? selected.ids : []);
    const listed = listedIds();
    const [from, to] = [listed.indexOf(last.current ?? id), listed.indexOf(id)].sort((a, b) => a - b);
    if (isRange && from !== undefined && to !== undefined && from >= 0)
      for (const each of listed.slice(from, to + 1)) next.add(each);
    else if (!next.delete(id)) next.add(id);
    last.current = id;
    setSelected({ kind: "ids", ids: next });
  };
  return {
    selected,
    has: (id) => selected.kind === "ids" && selected.ids.has(id),
    toggle,
    selectAll: (filters, count) => setSelected({ kind: "all", filters, count }),
    clear: () => setSelected(NONE),
  };
}

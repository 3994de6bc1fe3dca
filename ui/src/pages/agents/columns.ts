import type { Column, Sort } from "../../lib/search";

export type ColumnId = Column | "trust" | "name";

/** How each column is headed, how wide it is, and which way it sorts first. */
export const CELLS: Record<ColumnId, { label: string; width: string; isRight?: boolean; startsDown?: boolean }> = {
  trust: { label: "Status and trust", width: "172px" },
  name: { label: "Agent and team", width: "minmax(160px, 1fr)" },
  trend: { label: "7 days", width: "100px" },
  posture: { label: "Posture", width: "64px", isRight: true },
  behavior: { label: "Behaviour", width: "76px", isRight: true },
  events: { label: "Events/h", width: "72px", isRight: true, startsDown: true },
  findings: { label: "Findings", width: "112px", isRight: true, startsDown: true },
  seen: { label: "Last seen", width: "84px", isRight: true, startsDown: true },
};

export function gridTemplate(ids: ColumnId[], isSelectable: boolean): string {
  return [...(isSelectable ? ["18px"] : []), ...ids.map((id) => CELLS[id].width)].join(" ");
}

export type { Sort };

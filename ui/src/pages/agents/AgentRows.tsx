import { useNavigate } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef } from "react";
import type { AgentSummary } from "../../api/types";
import { useIsNarrow } from "../../lib/useIsNarrow";
import { AgentRow } from "./AgentRow";
import type { ColumnId } from "./columns";

const WIDE_ROW = 40;
const WHY_LINE = 20;
const CARD = 132;

interface Props {
  agents: AgentSummary[];
  columns: ColumnId[];
  template: string;
  /** The place of the row that the keyboard is on; -1 for none. */
  at: number;
  selected: ReadonlySet<string>;
  toggle: ((id: string) => void) | undefined;
}

/**
 * The rows in sight. Apart from the table, so that scrolling draws these anew and sorts nothing; and each row is drawn
 * once, whatever scrolls by.
 */
export function AgentRows({ agents, columns, template, at, selected, toggle }: Props) {
  const navigate = useNavigate();
  const isNarrow = useIsNarrow();
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: agents.length,
    getScrollElement: () => frame.current,
    estimateSize: (place) => (isNarrow ? CARD : WIDE_ROW + (agents[place]?.worst_finding ? WHY_LINE : 0)),
    overscan: 6,
    getItemKey: (place) => agents[place]?.id ?? place,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: what they hold changes the height of a row
  useEffect(() => virtual.measure(), [virtual, isNarrow, agents]);
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at);
  }, [virtual, at]);
  // One listener instead of a router's link in each row: rows come and go with each frame.
  const follow = useCallback(
    (event: React.MouseEvent) => {
      const link = (event.target as Element).closest("a");
      const opensElsewhere = event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
      if (!link || event.defaultPrevented || opensElsewhere) return;
      event.preventDefault();
      void navigate({ to: "/agents/$agentId", params: { agentId: link.dataset.agent! } });
    },
    [navigate],
  );
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on a link is a click, too
    <div
      ref={frame}
      role="rowgroup"
      tabIndex={0}
      aria-label="Rows"
      className="max-h-[calc(100dvh-292px)] min-h-60 overflow-auto md:max-h-[calc(100dvh-240px)]"
      onClick={follow}
      onPointerEnter={() => void import("../agent/AgentPage").catch(() => undefined)}
    >
      <div className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((item) => {
          const agent = agents[item.index];
          return agent ? (
            <AgentRow
              key={item.key}
              agent={agent}
              index={item.index}
              top={item.start}
              height={item.size}
              columns={columns}
              template={template}
              isNarrow={isNarrow}
              isCurrent={item.index === at}
              isSelected={selected.has(agent.id)}
              toggle={toggle}
            />
          ) : null;
        })}
      </div>
    </div>
  );
}

import { distinctById } from "../../api/client";
import type { CapabilitySummary } from "../../api/types";
import type { CapabilityFilters } from "../../lib/capabilities";
import { useIsNarrow } from "../../lib/useIsNarrow";
import { AgentPaths, ChosenPaths } from "./AgentPaths";
import { FlowMap } from "./FlowMap";
import { useCapabilities } from "./useCapabilities";

export const MOST_DRAWN = 40;

/** The map of the most telling agents, and the ways through all of them in words. */
export function CapabilityMap({
  summary,
  filters,
  chosen: chosenId,
  choose,
}: {
  summary: CapabilitySummary;
  filters: CapabilityFilters;
  chosen: string | undefined;
  choose: (id: string) => void;
}) {
  const isNarrow = useIsNarrow();
  const telling = useCapabilities({ ...filters, way: filters.way ?? "paths" });
  const others = useCapabilities(filters, summary.with_path < MOST_DRAWN);
  const own = useCapabilities({ ...filters, agent_id: chosenId }, chosenId !== undefined);
  const parts = [...(chosenId === undefined ? [] : [own]), telling, others];
  const drawn = distinctById(parts.flatMap((part) => part.agents)).slice(0, MOST_DRAWN);
  const paths = new Map(parts.flatMap((part) => [...part.paths]));
  const chosen = drawn.find((agent) => agent.id === chosenId);
  const drawing = (
    <FlowMap agents={drawn} counts={summary.capabilities} paths={paths} chosen={chosen?.id} choose={choose} />
  );
  return (
    <>
      {isNarrow ? (
        <details>
          <summary className="cursor-pointer text-muted">Map</summary>
          {drawing}
        </details>
      ) : (
        drawing
      )}
      {chosen ? (
        <ChosenPaths agent={chosen} paths={paths.get(chosen.id) ?? []} />
      ) : (
        <AgentPaths summary={summary} filters={filters} />
      )}
    </>
  );
}

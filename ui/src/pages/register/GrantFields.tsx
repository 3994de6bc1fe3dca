import { ToolClass } from "../../components/ToolClass";

export interface GrantDraft {
  tool: string;
  limit: string;
}

/** Rows of grants; the last one is always blank. */
export function GrantFields({
  grants,
  setGrants,
  blank,
}: {
  grants: GrantDraft[];
  setGrants: (grants: GrantDraft[]) => void;
  blank: GrantDraft;
}) {
  const change = (place: number, draft: Partial<GrantDraft>) => {
    const next = grants.map((grant, at) => (at === place ? { ...grant, ...draft } : grant));
    setGrants(next.at(-1)?.tool ? [...next, blank] : next);
  };
  return (
    <fieldset className="card mb-4 p-4">
      <legend className="sr-only">Grants</legend>
      <h2 className="heading mb-1">Grants</h2>
      <p className="mb-3 text-xs text-muted">The tools it may call. Their class follows from their names.</p>
      <ul className="flex flex-col gap-2">
        {grants.map((grant, place) => (
          <li key={place} className="flex flex-wrap items-center gap-2">
            <input
              aria-label={`Tool ${place + 1}`}
              className="field w-56 font-mono"
              placeholder="tool_name"
              maxLength={255}
              value={grant.tool}
              onChange={(event) => change(place, { tool: event.target.value })}
            />
            <input
              aria-label={`Limit of tool ${place + 1} in calls per hour`}
              className="field w-32"
              type="number"
              min={1}
              max={100000}
              placeholder="limit per hour"
              value={grant.limit}
              onChange={(event) => change(place, { limit: event.target.value })}
            />
            <ToolClass name={grant.tool} />
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

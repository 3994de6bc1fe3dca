import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { capabilitiesQuery } from "../../api/queries";
import { AttentionLink } from "../../components/AttentionLink";
import { SearchField } from "../../components/Fields";
import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { type MapAgent, mapVerdict, pathsOf, totals } from "../../lib/capabilities";
import { count } from "../../lib/format";
import { useSearchText } from "../../lib/useSearchText";
import { AgentPaths } from "./AgentPaths";
import { FlowMap } from "./FlowMap";

const route = getRouteApi("/shell/capabilities");
const MOST_DRAWN = 40;

/** Who could leak what, or be turned against us, and through which tools. */
export function CapabilitiesPage() {
  const map = useQuery(capabilitiesQuery);
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/capabilities" });
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), replace: true, resetScroll: false });
  const text = useSearchText(search.q, (q) => set({ q }));
  if (!map.data) {
    return (
      <Page title="Capabilities" tab="Capabilities">
        {map.error ? <Failure error={map.error} retry={() => void map.refetch()} /> : <Skeleton rows={8} />}
      </Page>
    );
  }
  const paths = pathsOf(map.data);
  const words = text.typed.toLowerCase();
  const fitting = map.data.agents.filter(
    (agent) =>
      (search.only !== "paths" || paths.has(agent.id)) &&
      `${agent.name} ${agent.owner_team} ${Object.keys(agent.capabilities).join(" ")}`.toLowerCase().includes(words) &&
      Object.keys(agent.capabilities).length > 0,
  );
  const telling = (agent: MapAgent) => (agent.id === search.agent ? 2 : Number(paths.has(agent.id)));
  const drawn = fitting.toSorted((a, b) => telling(b) - telling(a)).slice(0, MOST_DRAWN);
  const chosen = drawn.find((agent) => agent.id === search.agent);
  return (
    <Page
      title={mapVerdict(map.data)}
      tab="Capabilities"
      lead={
        <>
          What each agent could take in is on the left, what it could do with it on the right. A thick line is a way
          through. <AttentionLink />
        </>
      }
    >
      <StaleNotice error={map.error} />
      <div className="mb-3 flex flex-wrap items-center gap-3">
        <SearchField label="Search agents" search={text} />
        <label className="flex items-center gap-2 text-muted">
          <input
            type="checkbox"
            checked={search.only === "paths"}
            onChange={(event) => set({ only: event.target.checked ? "paths" : undefined })}
          />
          Only agents with a way through
        </label>
        <span className="text-xs text-muted">
          {drawn.length < fitting.length
            ? `the ${drawn.length} most telling of ${count(fitting.length, "agent")}`
            : count(fitting.length, "agent")}
        </span>
      </div>
      {drawn.length === 0 ? (
        <Empty title="Nothing to draw">
          No agent here holds a grant that can do something. Grant tools, or clear the filters.
        </Empty>
      ) : (
        <>
          <FlowMap
            agents={drawn}
            counts={totals(fitting)}
            paths={paths}
            chosen={chosen?.id}
            choose={(agent) => set({ agent: agent === search.agent ? undefined : agent })}
          />
          <AgentPaths agents={chosen ? [chosen] : drawn.filter((agent) => paths.has(agent.id))} paths={paths} />
        </>
      )}
    </Page>
  );
}

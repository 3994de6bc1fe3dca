import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { capabilitiesQuery } from "../../api/queries";
import { AttentionLink } from "../../components/AttentionLink";
import { DownloadMenu } from "../../components/DownloadMenu";
import { SearchField, Select } from "../../components/Fields";
import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { SavedViews } from "../../components/SavedViews";
import { distinct } from "../../lib/agents";
import { filterAgents, type MapAgent, mapVerdict, pathsOf, rowOf, totals, WAY_IN_WORDS } from "../../lib/capabilities";
import { count } from "../../lib/format";
import { WAYS } from "../../lib/search";
import { useIsNarrow } from "../../lib/useIsNarrow";
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
  const isNarrow = useIsNarrow();
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), resetScroll: false });
  const text = useSearchText(
    search.q,
    (q) => void navigate({ search: (old) => ({ ...old, q }), replace: true, resetScroll: false }),
  );
  if (!map.data) {
    return (
      <Page title="Capabilities" tab="Capabilities">
        {map.error ? <Failure error={map.error} retry={() => void map.refetch()} /> : <Skeleton rows={8} />}
      </Page>
    );
  }
  const paths = pathsOf(map.data);
  const fitting = filterAgents(map.data, paths, { q: text.typed, only: search.only, team: search.team });
  const telling = (agent: MapAgent) => (agent.id === search.agent ? 2 : Number(paths.has(agent.id)));
  const drawn = fitting.toSorted((a, b) => telling(b) - telling(a)).slice(0, MOST_DRAWN);
  const chosen = drawn.find((agent) => agent.id === search.agent);
  const drawing = (
    <FlowMap
      agents={drawn}
      counts={totals(fitting)}
      paths={paths}
      chosen={chosen?.id}
      choose={(agent) => set({ agent: agent === search.agent ? undefined : agent })}
    />
  );
  return (
    <Page
      title={mapVerdict(map.data)}
      tab="Capabilities"
      actions={
        <DownloadMenu
          name="capabilities"
          rows={() => fitting.map((agent) => rowOf(agent, paths.get(agent.id) ?? []))}
          whole={() => fitting.map((agent) => ({ ...agent, paths: paths.get(agent.id) ?? [] }))}
        />
      }
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
        <SavedViews page="capabilities" />
        <Select
          label="Way through"
          value={search.only}
          options={WAYS}
          any="Way through: any or none"
          words={(way) => WAY_IN_WORDS[way]}
          onChange={(only) => set({ only })}
        />
        <Select
          label="Team"
          value={search.team}
          options={distinct(map.data.agents.map((agent) => agent.owner_team))}
          onChange={(team) => set({ team })}
        />
        <span className="text-xs text-muted">
          {drawn.length < fitting.length
            ? `${count(fitting.length, "agent")}; the map draws the ${drawn.length} most telling`
            : count(fitting.length, "agent")}
        </span>
      </div>
      {drawn.length === 0 ? (
        <Empty title="Nothing to draw">
          No agent here holds a grant that can do something. Grant tools, or clear the filters.
        </Empty>
      ) : (
        <>
          {isNarrow ? (
            <details>
              <summary className="cursor-pointer text-muted">Map</summary>
              {drawing}
            </details>
          ) : (
            drawing
          )}
          <AgentPaths agents={chosen ? [chosen] : fitting.filter((agent) => paths.has(agent.id))} paths={paths} />
        </>
      )}
    </Page>
  );
}

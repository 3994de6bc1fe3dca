import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { dataOf, server } from "../../api/client";
import { capabilitySummaryQuery } from "../../api/queries";
import { AttentionLink } from "../../components/AttentionLink";
import { ExportSelect, TABLES } from "../../components/ExportSelect";
import { SearchField, Select } from "../../components/Fields";
import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { SavedViews } from "../../components/SavedViews";
import { distinct } from "../../lib/agents";
import { mapVerdict, WAY_IN_WORDS } from "../../lib/capabilities";
import { count } from "../../lib/format";
import { CAPABILITY_SHOWS, WAYS } from "../../lib/search";
import { useSearchText } from "../../lib/useSearchText";
import { CapabilityMap, MOST_DRAWN } from "./CapabilityMap";
import { Matrix } from "./Matrix";

const route = getRouteApi("/shell/capabilities");

/** Who could leak what, or be turned against us, and through which tools. Counted, searched and listed by the server. */
export function CapabilitiesPage() {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/capabilities" });
  const set = (change: Partial<typeof search>) =>
    void navigate({ search: (old) => ({ ...old, ...change }), resetScroll: false });
  const text = useSearchText(
    search.q,
    (q) => void navigate({ search: (old) => ({ ...old, q }), replace: true, resetScroll: false }),
  );
  const filters = { q: search.q, owner_team: search.team, way: search.only };
  const all = useQuery(capabilitySummaryQuery());
  const summary = useQuery({ ...capabilitySummaryQuery(filters), placeholderData: keepPreviousData });
  const error = summary.error ?? all.error;
  if (!summary.data || !all.data) {
    const retry = () => void Promise.all([summary.refetch(), all.refetch()]);
    return (
      <Page title="Capabilities" tab="Capabilities">
        {error ? <Failure error={error} retry={retry} /> : <Skeleton rows={8} />}
      </Page>
    );
  }
  const { agents, teams, team_count } = summary.data;
  const isMatrix = search.show === "matrix";
  const teamNames = all.data.teams.map((team) => team.owner_team);
  return (
    <Page
      title={mapVerdict(all.data)}
      tab="Capabilities"
      actions={
        <ExportSelect
          name="capabilities"
          formats={TABLES}
          write={(format) =>
            dataOf(
              server.GET("/api/v1/capabilities/export", { params: { query: { ...filters, format } }, parseAs: "text" }),
            )
          }
        />
      }
      lead={
        <>
          {isMatrix
            ? "Each cell says through which tools. "
            : "What each agent could take in is on the left, what it could do with it on the right. A thick line is a way through. "}
          <AttentionLink />
        </>
      }
    >
      <StaleNotice error={error} />
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
          options={distinct([...teamNames, ...(search.team === undefined ? [] : [search.team])])}
          onChange={(team) => set({ team })}
        />
        <Select
          label="Show"
          value={search.show}
          options={CAPABILITY_SHOWS}
          any="Map and ways"
          words={() => "Matrix"}
          onChange={(show) => set({ show })}
        />
        <span className="text-xs text-muted" aria-live="polite">
          {!isMatrix && agents > MOST_DRAWN
            ? `${count(agents, "agent")}; the map draws the ${MOST_DRAWN} most telling`
            : count(agents, "agent")}
        </span>
      </div>
      {agents === 0 ? (
        <Empty title="Nothing to draw">
          No agent here holds a grant that can do something. Grant tools, or clear the filters.
        </Empty>
      ) : isMatrix ? (
        <Matrix summary={summary.data} filters={filters} />
      ) : (
        <CapabilityMap
          summary={summary.data}
          filters={filters}
          chosen={search.agent}
          choose={(agent) => set({ agent: agent === search.agent ? undefined : agent })}
        />
      )}
      {teams.length < team_count && (
        <p className="mt-3 text-muted">
          {count(team_count - teams.length, "more team")}: search or filter to see them.
        </p>
      )}
    </Page>
  );
}

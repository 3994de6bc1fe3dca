import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { overviewQuery } from "../../api/queries";
import { DownloadMenu } from "../../components/DownloadMenu";
import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { matches, rowOf, verdict } from "../../lib/agents";
import { isDemo, isFirstAwaited } from "../../lib/demo";
import { useMayWrite } from "../../lib/useRights";
import { useSearchText } from "../../lib/useSearchText";
import { AgentFiltersBar } from "./AgentFiltersBar";
import { AgentTable } from "./AgentTable";
import { BulkBar } from "./BulkBar";
import { Movers } from "./Movers";
import { Onboarding } from "./Onboarding";
import { Overview } from "./Overview";

const route = getRouteApi("/shell/");

export function AgentsPage() {
  const overview = useQuery(overviewQuery);
  const filters = route.useSearch();
  const navigate = useNavigate({ from: "/" });
  const text = useSearchText(filters.q, (q) => void navigate({ search: (old) => ({ ...old, q }), replace: true }));
  const mayWrite = useMayWrite();
  const [selected, setSelected] = useState<ReadonlySet<string>>(new Set());
  const agents = overview.data;
  const shown = useMemo(
    () => agents?.filter((agent) => matches(agent, { ...filters, q: text.typed })) ?? [],
    [agents, filters, text.typed],
  );
  if (!agents) {
    return (
      <Page title="Agents" tab="Agents">
        {overview.error ? (
          <Failure error={overview.error} retry={() => void overview.refetch()} />
        ) : (
          <Skeleton rows={12} />
        )}
      </Page>
    );
  }
  const isNarrowed = Boolean(text.typed || filters.status || filters.team || filters.capability || filters.monitoring);
  const own = agents.filter((agent) => !isDemo(agent));
  const isDemoLoaded = own.length < agents.length;
  const newcomer = isFirstAwaited(agents) && <Onboarding agents={own} isDemoLoaded={isDemoLoaded} />;
  const worrying = agents.filter((agent) => agent.needs_attention);
  return (
    <Page
      title={agents.length === 0 ? "Let us see your first agent" : verdict(agents)}
      isTimed
      tab={worrying.length ? `(${worrying.length}) Agents` : "Agents"}
      actions={
        <>
          {agents.length > 0 && <DownloadMenu name="agents" rows={() => shown.map(rowOf)} whole={() => shown} />}
          {mayWrite && (
            <Link to="/register" className="button">
              Register
            </Link>
          )}
        </>
      }
    >
      <StaleNotice error={overview.error} />
      {!isDemoLoaded && newcomer}
      {agents.length > 0 && (
        <>
          <Overview agents={agents} />
          {!isNarrowed && <Movers />}
          <AgentFiltersBar agents={agents} shown={shown.length} text={text} />
          {shown.length === 0 ? (
            <Empty title="No agent fits these filters">
              <Link to="/" onClick={text.clear} className="link">
                Clear the filters
              </Link>
            </Empty>
          ) : (
            <AgentTable agents={shown} selected={selected} select={mayWrite ? setSelected : undefined} />
          )}
          {mayWrite && <BulkBar agents={agents} selected={selected} clear={() => setSelected(new Set())} />}
        </>
      )}
      {isDemoLoaded && newcomer}
    </Page>
  );
}

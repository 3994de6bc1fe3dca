import { Tabs } from "@base-ui/react/tabs";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { ApiError } from "../../api/client";
import { agentQuery } from "../../api/queries";
import type { AgentDetail } from "../../api/types";
import { MonitoringMark, StatusBadge, SuspendedMark } from "../../components/Badges";
import { CopyId } from "../../components/CopyId";
import { Page } from "../../components/Page";
import { Empty, Failure, Skeleton, StaleNotice } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { ShortenedText } from "../../components/UntrustedText";
import { saysLittle } from "../../lib/agents";
import { score, visible } from "../../lib/format";
import { TABS, type Tab } from "../../lib/search";
import { bandOf, STATUS_COLOR } from "../../lib/status";
import { useMayWrite } from "../../lib/useRights";
import { AgentAudit } from "../audit/AgentAudit";
import { AgentActions } from "./AgentActions";
import { AgentEvents } from "./AgentEvents";
import { AgentFindings } from "./AgentFindings";
import { AgentKeys } from "./AgentKeys";
import { AgentOverview } from "./AgentOverview";
import { Baselines } from "./Baselines";
import { Connections } from "./Connections";
import { Grants } from "./Grants";
import { MainReason } from "./MainReason";
import { Sessions } from "./Sessions";

const route = getRouteApi("/shell/agents/$agentId");

export function AgentPage() {
  const { agentId } = route.useParams();
  const agent = useQuery(agentQuery(agentId));
  if (!agent.data) {
    const isGone = agent.error instanceof ApiError && [404, 422].includes(agent.error.status);
    return (
      <Page title="Agent" tab="Agent">
        {isGone ? (
          <Empty title="There is no such agent">
            It may have been deleted.{" "}
            <Link to="/" className="link">
              All agents
            </Link>
          </Empty>
        ) : agent.error ? (
          <Failure error={agent.error} retry={() => void agent.refetch()} />
        ) : (
          <Skeleton rows={8} height={64} />
        )}
      </Page>
    );
  }
  return <Loaded agent={agent.data} error={agent.error} />;
}

function Loaded({ agent, error }: { agent: AgentDetail; error: Error | null }) {
  const mayWrite = useMayWrite();
  const band = bandOf(agent);
  const isGrey = saysLittle(agent);
  return (
    <Page
      tab={visible(agent.name)}
      title={
        <span className="flex flex-wrap items-center gap-x-3 gap-y-1">
          <ShortenedText className="max-w-[min(70vw,560px)]">{agent.name}</ShortenedText>
          <StatusBadge status={band} isGrey={isGrey} />
          <SuspendedMark agent={agent} />
          <MonitoringMark agent={agent} />
          <span className={band === "UNKNOWN" || isGrey ? "text-muted" : STATUS_COLOR[band]}>
            {score(agent.trust_score)}
          </span>
        </span>
      }
      lead={
        <>
          <bdi className="name">{visible(agent.owner_team)}</bdi> ·{" "}
          <bdi className="name">{visible(agent.agent_type)}</bdi> · <bdi className="name">{visible(agent.model)}</bdi> ·{" "}
          {agent.last_scored_at ? (
            <>
              scored <Time at={agent.last_scored_at} />
            </>
          ) : (
            "never scored"
          )}
          {agent.suspended_at && (
            <span className="block max-w-3xl">
              Suspended <Time at={agent.suspended_at} />
              {agent.suspended_reason && (
                <>
                  : <bdi className="name">{visible(agent.suspended_reason)}</bdi>
                </>
              )}
            </span>
          )}
          <MainReason agent={agent} />
          {agent.description && <span className="name block max-w-3xl">{visible(agent.description)}</span>}
          <CopyId id={agent.id} />
        </>
      }
      isTimed
      actions={mayWrite && <AgentActions agent={agent} />}
    >
      <StaleNotice error={error} />
      <Parts agent={agent} />
    </Page>
  );
}

const LABELS: Record<Tab, string> = {
  overview: "Overview",
  findings: "Findings",
  grants: "Grants",
  sessions: "Sessions",
  baselines: "Baselines",
  mcp: "MCP",
  events: "Events",
  keys: "Keys",
  audit: "Audit",
};

function Parts({ agent }: { agent: AgentDetail }) {
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/agents/$agentId" });
  const tabs = useMayWrite() ? TABS : TABS.filter((tab) => tab !== "keys" && tab !== "audit");
  const counts: Partial<Record<Tab, number>> = {
    findings: agent.findings.filter((finding) => finding.status === "OPEN").length,
    grants: agent.grants.length,
    mcp: agent.mcp_connections.length,
  };
  const panels: Record<Tab, React.ReactNode> = {
    overview: <AgentOverview agent={agent} />,
    findings: <AgentFindings agent={agent} />,
    grants: <Grants agent={agent} />,
    sessions: <Sessions agentId={agent.id} />,
    baselines: <Baselines agentId={agent.id} />,
    mcp: <Connections agent={agent} />,
    events: <AgentEvents agentId={agent.id} />,
    keys: <AgentKeys agent={agent} />,
    audit: <AgentAudit agentId={agent.id} />,
  };
  return (
    <Tabs.Root
      value={tabs.find((tab) => tab === search.tab) ?? (search.finding ? "findings" : "overview")}
      onValueChange={(tab: Tab) => void navigate({ search: { tab }, replace: true, resetScroll: false })}
    >
      <Tabs.List
        aria-label="About this agent"
        className="mb-4 flex gap-1 overflow-x-auto overflow-y-hidden border-b border-line"
      >
        {tabs.map((tab) => (
          <Tabs.Tab
            key={tab}
            value={tab}
            className="border-b-2 border-transparent px-3 py-2 whitespace-nowrap text-muted hover:text-text data-[active]:border-link data-[active]:font-medium data-[active]:text-text"
          >
            {LABELS[tab]}
            {counts[tab] !== undefined && <span className="ml-1.5 text-xs text-muted">{counts[tab]}</span>}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      {tabs.map((tab) => (
        <Tabs.Panel key={tab} value={tab}>
          {tab !== "overview" && <h2 className="sr-only">{LABELS[tab]}</h2>}
          {panels[tab]}
        </Tabs.Panel>
      ))}
    </Tabs.Root>
  );
}

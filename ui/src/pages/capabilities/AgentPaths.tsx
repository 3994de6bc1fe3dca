import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { CapabilityPath, CapabilitySummary, TeamCapabilities } from "../../api/types";
import { MorePages } from "../../components/MorePages";
import { Failure, Skeleton } from "../../components/QueryStates";
import { UntrustedText } from "../../components/UntrustedText";
import { type CapabilityFilters, type MapAgent, sentence } from "../../lib/capabilities";
import { clickableRow } from "../../lib/clickableRow";
import { count } from "../../lib/format";
import { useIsSeen } from "../../lib/useIsSeen";
import { MOST_AT_ONCE, useCapabilities } from "./useCapabilities";

/** Agents that are listed at once; further teams are opened one by one. */
const MOST_OPEN = 60;
const ROW_HEIGHT = 90;

/** The map in words, for all agents and by team: each way through an agent, with the tools at both ends. */
export function AgentPaths({ summary, filters }: { summary: CapabilitySummary; filters: CapabilityFilters }) {
  let listed = 0;
  return (
    <section aria-labelledby="ways" className="mt-5">
      <h2 id="ways" className="heading mb-2">
        Ways through {count(summary.with_path, "agent")}, by team
      </h2>
      {summary.teams
        .filter((team) => team.with_path > 0)
        .map((team) => {
          listed += team.with_path;
          return <Team key={team.owner_team} team={team} filters={filters} isOpen={listed <= MOST_OPEN} />;
        })}
    </section>
  );
}

/** The ways through the one agent that is chosen. */
export function ChosenPaths({ agent, paths }: { agent: MapAgent; paths: CapabilityPath[] }) {
  return (
    <section aria-labelledby="ways" className="mt-5">
      <h2 id="ways" className="heading mb-2">
        Ways through this agent
      </h2>
      <ul>
        <AgentWays agent={agent} paths={paths} />
      </ul>
    </section>
  );
}

function Team({ team, filters, isOpen }: { team: TeamCapabilities; filters: CapabilityFilters; isOpen: boolean }) {
  const [chosen, setChosen] = useState<boolean>();
  const isShown = chosen ?? isOpen;
  return (
    <details
      className="mb-3"
      open={isShown}
      onToggle={({ currentTarget: { open } }) => open !== isShown && setChosen(open)}
    >
      <summary className="mb-2 cursor-pointer">
        <UntrustedText>{team.owner_team}</UntrustedText>{" "}
        <span className="text-xs text-muted">{count(team.with_path, "agent")}</span>
      </summary>
      {isShown && <TeamWays team={team} filters={{ ...filters, way: filters.way ?? "paths" }} isAtOnce={isOpen} />}
    </details>
  );
}

/** The ways through one team's agents: read at once, so that the browser's search finds them, or when they come in sight. */
function TeamWays(props: { team: TeamCapabilities; filters: CapabilityFilters; isAtOnce: boolean }) {
  const { team, filters, isAtOnce } = props;
  const [element, isSeen] = useIsSeen<HTMLDivElement>();
  const { agents, paths, pages } = useCapabilities({ ...filters, owner_team: team.owner_team }, isAtOnce || isSeen);
  return (
    <div ref={element}>
      {pages.error && !pages.data && <Failure error={pages.error} retry={() => void pages.refetch()} />}
      {pages.isPending && !pages.error && (
        <Skeleton rows={Math.min(team.with_path, MOST_AT_ONCE)} height={ROW_HEIGHT} />
      )}
      <ul className="flex flex-col gap-2">
        {agents.map((agent) => (
          <AgentWays key={agent.id} agent={agent} paths={paths.get(agent.id) ?? []} />
        ))}
      </ul>
      <MorePages pages={pages} label={`${team.with_path - agents.length} more`} />
    </div>
  );
}

function AgentWays({ agent, paths }: { agent: MapAgent; paths: CapabilityPath[] }) {
  return (
    <li {...clickableRow} className="card px-3 py-2 hover:bg-raised">
      <Link
        to="/agents/$agentId"
        params={{ agentId: agent.id }}
        search={{ tab: "grants" }}
        data-leads
        className="link font-medium"
      >
        <UntrustedText>{agent.name}</UntrustedText>
      </Link>
      {paths.length === 0 && <p className="text-muted">None: it takes in nothing that it could pass on or act upon.</p>}
      <ul>
        {paths.map((path) => (
          <li key={path.entry_capability + path.exit_capability} className="py-1">
            <span className={path.kind === "exfiltration" ? "text-critical" : "text-alert"}>{sentence(path)}</span>
            <span className="flex flex-wrap items-center gap-1 text-muted">
              <Tools names={path.entry} />{" "}
              <span role="img" aria-label="leads to">
                →
              </span>{" "}
              <Tools names={path.exit} />
            </span>
          </li>
        ))}
      </ul>
    </li>
  );
}

const MOST = 8;

function Tools({ names }: { names: string[] }) {
  return (
    <>
      {names.slice(0, MOST).map((name) => (
        <span key={name} className="chip">
          <UntrustedText mono>{name}</UntrustedText>
        </span>
      ))}
      {names.length > MOST && <span className="text-xs">and {names.length - MOST} more</span>}
    </>
  );
}

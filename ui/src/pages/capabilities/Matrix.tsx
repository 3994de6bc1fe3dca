import { Link } from "@tanstack/react-router";
import type { CapabilityPath, CapabilitySummary, TeamCapabilities } from "../../api/types";
import { MorePages } from "../../components/MorePages";
import { Failure } from "../../components/QueryStates";
import { UntrustedText } from "../../components/UntrustedText";
import { type CapabilityFilters, ENTRIES, EXITS, type MapAgent, MEANING } from "../../lib/capabilities";
import { count } from "../../lib/format";
import { useIsSeen } from "../../lib/useIsSeen";
import { MOST_AT_ONCE, useCapabilities } from "./useCapabilities";

const COLUMNS = [...ENTRIES, ...EXITS];
const ROW_HEIGHT = 48;
const HEAD = "sticky top-0 z-20 border-b border-line bg-raised px-2 py-1.5 text-left align-bottom";
const FIRST = "sticky left-0 border-r border-line px-2 py-1.5 text-left";

/** Agents by team and what they can do: each cell says which tools give it. */
export function Matrix({ summary, filters }: { summary: CapabilitySummary; filters: CapabilityFilters }) {
  return (
    <div className="card max-h-[75dvh] overflow-auto" role="region" aria-label="Matrix of capabilities" tabIndex={0}>
      <table className="w-full min-w-[980px] border-separate border-spacing-0 text-xs">
        <thead>
          <tr>
            <th scope="col" className={`${HEAD} left-0 z-30 w-36 border-r md:w-52`}>
              Agent
            </th>
            {COLUMNS.map((name) => (
              <th key={name} scope="col" className={HEAD} title={MEANING[name]}>
                {name} <span className="font-normal text-muted">{summary.capabilities[name] ?? 0}</span>
              </th>
            ))}
          </tr>
        </thead>
        {summary.teams.map((team) => (
          <TeamRows key={team.owner_team} team={team} filters={filters} />
        ))}
      </table>
    </div>
  );
}

function TeamRows({ team, filters }: { team: TeamCapabilities; filters: CapabilityFilters }) {
  const [element, isSeen] = useIsSeen<HTMLTableSectionElement>();
  const { agents, paths, pages } = useCapabilities({ ...filters, owner_team: team.owner_team }, isSeen);
  const wide = COLUMNS.length + 1;
  return (
    <tbody ref={element} aria-busy={pages.isPending}>
      <tr>
        <th scope="rowgroup" className={`${FIRST} bg-raised`}>
          <UntrustedText>{team.owner_team}</UntrustedText>{" "}
          <span className="font-normal text-muted">{count(team.agents, "agent")}</span>
        </th>
        {COLUMNS.map((name) => (
          <td key={name} className="bg-raised px-2 py-1.5 text-muted">
            {team.capabilities[name] ?? 0}
          </td>
        ))}
      </tr>
      {!pages.data && (
        <tr style={{ height: Math.min(team.agents, MOST_AT_ONCE) * ROW_HEIGHT }}>
          <td colSpan={wide}>
            {pages.error ? <Failure error={pages.error} retry={() => void pages.refetch()} /> : "Reading…"}
          </td>
        </tr>
      )}
      {agents.map((agent) => (
        <AgentRow key={agent.id} agent={agent} paths={paths.get(agent.id) ?? []} />
      ))}
      {pages.hasNextPage && (
        <tr>
          <td colSpan={wide} className="px-2 pb-2">
            <MorePages pages={pages} label={`${team.agents - agents.length} more`} />
          </td>
        </tr>
      )}
    </tbody>
  );
}

function AgentRow({ agent, paths }: { agent: MapAgent; paths: CapabilityPath[] }) {
  const kinds = new Set(paths.map((path) => path.kind));
  return (
    <tr>
      <th scope="row" className={`${FIRST} border-t bg-surface font-normal`}>
        <Link to="/agents/$agentId" params={{ agentId: agent.id }} search={{ tab: "grants" }} className="link">
          <UntrustedText>{agent.name}</UntrustedText>
        </Link>
        {kinds.has("exfiltration") && <span className="block text-critical">can leak data</span>}
        {kinds.has("injection") && <span className="block text-alert">can be turned</span>}
      </th>
      {COLUMNS.map((name) => (
        <td key={name} className="border-t border-line px-2 py-1.5 align-top">
          <Tools names={agent.capabilities[name] ?? []} />
        </td>
      ))}
    </tr>
  );
}

/** The tools of a cell: one by its name, more behind their number. */
function Tools({ names: [only, ...others] }: { names: string[] }) {
  if (only === undefined) return null;
  if (others.length === 0) return <UntrustedText mono>{only}</UntrustedText>;
  return (
    <details>
      <summary className="cursor-pointer">{count(others.length + 1, "tool")}</summary>
      <ul>
        {[only, ...others].map((name) => (
          <li key={name}>
            <UntrustedText mono>{name}</UntrustedText>
          </li>
        ))}
      </ul>
    </details>
  );
}

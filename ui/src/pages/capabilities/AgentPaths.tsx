import { Link } from "@tanstack/react-router";
import { useState } from "react";
import type { CapabilityPath } from "../../api/types";
import { UntrustedText } from "../../components/UntrustedText";
import { groupByTeam, type MapAgent, sentence } from "../../lib/capabilities";
import { clickableRow } from "../../lib/clickableRow";
import { count } from "../../lib/format";

/** Agents that are listed at once; further teams are opened one by one. */
const MOST_OPEN = 60;

/** The same in words, for all agents and by team: each way through an agent, with the tools at both ends. */
export function AgentPaths({ agents, paths }: { agents: MapAgent[]; paths: Map<string, CapabilityPath[]> }) {
  const [only] = agents;
  let listed = 0;
  return (
    <section aria-labelledby="ways" className="mt-5">
      <h2 id="ways" className="heading mb-2">
        {agents.length === 1 ? "Ways through this agent" : `Ways through ${count(agents.length, "agent")}, by team`}
      </h2>
      {agents.length === 1 && only ? (
        <ul>
          <AgentWays agent={only} paths={paths.get(only.id) ?? []} />
        </ul>
      ) : (
        groupByTeam(agents).map(([team, members]) => {
          listed += members.length;
          return <Team key={team} name={team} agents={members} paths={paths} isOpen={listed <= MOST_OPEN} />;
        })
      )}
    </section>
  );
}

function Team({
  name,
  agents,
  paths,
  isOpen,
}: {
  name: string;
  agents: MapAgent[];
  paths: Map<string, CapabilityPath[]>;
  isOpen: boolean;
}) {
  const [chosen, setChosen] = useState<boolean>();
  const isShown = chosen ?? isOpen;
  return (
    <details
      className="mb-3"
      open={isShown}
      onToggle={({ currentTarget: { open } }) => open !== isShown && setChosen(open)}
    >
      <summary className="mb-2 cursor-pointer">
        <UntrustedText>{name}</UntrustedText>{" "}
        <span className="text-xs text-muted">{count(agents.length, "agent")}</span>
      </summary>
      {isShown && (
        <ul className="flex flex-col gap-2">
          {agents.map((agent) => (
            <AgentWays key={agent.id} agent={agent} paths={paths.get(agent.id) ?? []} />
          ))}
        </ul>
      )}
    </details>
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

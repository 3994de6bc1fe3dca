import { Link } from "@tanstack/react-router";
import type { CapabilityPath } from "../../api/types";
import { UntrustedText } from "../../components/UntrustedText";
import { type MapAgent, sentence } from "../../lib/capabilities";

/** The same in words: for each agent each way through it, with the tools at both ends. */
export function AgentPaths({ agents, paths }: { agents: MapAgent[]; paths: Map<string, CapabilityPath[]> }) {
  return (
    <section aria-labelledby="ways" className="mt-5">
      <h2 id="ways" className="heading mb-2">
        {agents.length === 1 ? "Ways through this agent" : "Ways through, agent by agent"}
      </h2>
      <ul className="flex flex-col gap-2">
        {agents.map((agent) => (
          <li key={agent.id} className="card px-3 py-2">
            <Link
              to="/agents/$agentId"
              params={{ agentId: agent.id }}
              search={{ tab: "grants" }}
              className="link font-medium"
            >
              <UntrustedText>{agent.name}</UntrustedText>
            </Link>
            {(paths.get(agent.id) ?? []).length === 0 && (
              <p className="text-muted">None: it takes in nothing that it could pass on or act upon.</p>
            )}
            <ul>
              {(paths.get(agent.id) ?? []).map((path) => (
                <li key={path.entry_capability + path.exit_capability} className="py-1">
                  <span className={path.kind === "exfiltration" ? "text-critical" : "text-alert"}>
                    {sentence(path)}
                  </span>
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
        ))}
      </ul>
    </section>
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

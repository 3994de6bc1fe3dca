import type { CapabilityPath, Status } from "../../api/types";
import { StatusIcon } from "../../components/Badges";
import { ENTRIES, EXITS, type MapAgent, MEANING } from "../../lib/capabilities";
import { visible } from "../../lib/format";
import { STATUS_COLOR } from "../../lib/status";

const WIDTH = 1000;
const ROW = 34;
const LEAST_HEIGHT = 280;
const LEFT = 190;
const AGENT_FROM = 400;
const AGENT_TO = 600;
const RIGHT = 810;

/**
 * Capabilities taken in, agents, capabilities given out, as three columns with lines between them. The counts are of
 * all agents that fit the filters, of which those that are drawn may be a part.
 */
export function FlowMap({
  agents,
  counts,
  paths,
  chosen,
  choose,
}: {
  agents: MapAgent[];
  counts: Record<string, number>;
  paths: Map<string, CapabilityPath[]>;
  chosen: string | undefined;
  choose: (id: string) => void;
}) {
  const height = Math.max(agents.length * ROW + 16, LEAST_HEIGHT);
  const y = (place: number, of: number) => ((place + 0.5) / of) * height;
  const agentY = (place: number) => y(place, agents.length);
  return (
    <div className="card overflow-x-auto" role="region" aria-label="Map of capabilities" tabIndex={0}>
      <div className="relative min-w-[760px]" style={{ height }}>
        <svg
          viewBox={`0 0 ${WIDTH} ${height}`}
          preserveAspectRatio="none"
          className="absolute inset-0 size-full"
          aria-hidden="true"
        >
          {agents.map((agent, place) =>
            [
              ...ENTRIES.map((name, at) => [name, at, true] as const),
              ...EXITS.map((name, at) => [name, at, false] as const),
            ]
              .filter(([name]) => name in agent.capabilities)
              .map(([name, at, isEntry]) => (
                <path
                  key={agent.id + name}
                  d={
                    isEntry
                      ? curve(LEFT, y(at, ENTRIES.length), AGENT_FROM, agentY(place))
                      : curve(AGENT_TO, agentY(place), RIGHT, y(at, EXITS.length))
                  }
                  fill="none"
                  vectorEffect="non-scaling-stroke"
                  {...look(name, paths.get(agent.id) ?? [], chosen, agent.id)}
                />
              )),
          )}
        </svg>
        {ENTRIES.map((name, at) => (
          <Capability key={name} name={name} agents={counts[name] ?? 0} top={y(at, ENTRIES.length)} side="left" />
        ))}
        {EXITS.map((name, at) => (
          <Capability key={name} name={name} agents={counts[name] ?? 0} top={y(at, EXITS.length)} side="right" />
        ))}
        {agents.map((agent, place) => (
          <button
            key={agent.id}
            type="button"
            aria-pressed={chosen === agent.id}
            onClick={() => choose(agent.id)}
            title={visible(agent.name)}
            className={`absolute left-[40%] flex h-7 w-[20%] -translate-y-1/2 items-center gap-2 rounded border bg-bg px-2 text-left hover:bg-raised ${chosen === agent.id ? "border-link" : "border-line"}`}
            style={{ top: agentY(place) }}
          >
            <span className={agent.trust_score === null ? "text-muted" : STATUS_COLOR[agent.status as Status]}>
              <StatusIcon status={agent.trust_score === null ? "UNKNOWN" : (agent.status as Status)} />
            </span>
            <bdi className="truncate">{visible(agent.name)}</bdi>
          </button>
        ))}
      </div>
    </div>
  );
}

function curve(fromX: number, fromY: number, toX: number, toY: number): string {
  const middle = (fromX + toX) / 2;
  return `M${fromX} ${fromY}C${middle} ${fromY} ${middle} ${toY} ${toX} ${toY}`;
}

function look(
  capability: string,
  paths: CapabilityPath[],
  chosen: string | undefined,
  agent: string,
): React.SVGProps<SVGPathElement> {
  const through = paths.find((path) => path.entry_capability === capability || path.exit_capability === capability);
  const isFaded = chosen !== undefined && chosen !== agent;
  const color = through ? (through.kind === "exfiltration" ? "var(--c-critical)" : "var(--c-alert)") : "var(--c-edge)";
  return { stroke: color, strokeWidth: through ? 2.5 : 1, opacity: isFaded ? 0.08 : through ? 0.85 : 0.45 };
}

function Capability({
  name,
  agents,
  top,
  side,
}: {
  name: string;
  agents: number;
  top: number;
  side: "left" | "right";
}) {
  return (
    <div
      className={`absolute w-[18%] -translate-y-1/2 rounded border border-line bg-raised px-2 py-1 leading-4 ${side === "left" ? "left-[1%]" : "right-[1%]"}`}
      style={{ top }}
    >
      <span className="flex justify-between gap-2 text-xs font-medium">
        {name} <span className="text-muted">{agents}</span>
      </span>
      <span className="block truncate text-[11px] text-muted" title={MEANING[name]}>
        {MEANING[name]}
      </span>
    </div>
  );
}

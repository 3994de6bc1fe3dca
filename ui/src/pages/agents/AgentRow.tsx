import { memo } from "react";
import type { AgentSummary } from "../../api/types";
import { MonitoringMark, SeverityBadge, StatusBadge, SuspendedMark } from "../../components/Badges";
import { Sparkline } from "../../components/Sparkline";
import { Time } from "../../components/Time";
import { ShortenedText } from "../../components/UntrustedText";
import { saysLittle } from "../../lib/agents";
import { clickableRow } from "../../lib/clickableRow";
import { NONE, score, visible } from "../../lib/format";
import { bandOf, STATUS_COLOR } from "../../lib/status";
import { CELLS, type ColumnId } from "./columns";

interface Props {
  agent: AgentSummary;
  index: number;
  top: number;
  height: number;
  columns: ColumnId[];
  template: string;
  isNarrow: boolean;
  isCurrent: boolean;
  isSelected: boolean;
  toggle: ((id: string) => void) | undefined;
}

/** One agent: a line, and a second one that says why when something is wrong. On a narrow screen a card. */
export const AgentRow = memo(function AgentRow({
  agent,
  index,
  top,
  height,
  columns,
  template,
  isNarrow,
  isCurrent,
  isSelected,
  toggle,
}: Props) {
  return (
    <div
      {...clickableRow}
      role="row"
      aria-rowindex={index + 2}
      className={`absolute inset-x-0 border-b border-line [contain:strict] hover:bg-raised ${isCurrent ? "bg-raised shadow-[inset_3px_0_var(--c-link)]" : ""} ${isSelected ? "bg-raised" : ""}`}
      style={{ transform: `translateY(${top}px)`, height }}
    >
      {isNarrow ? (
        <Card agent={agent} />
      ) : (
        <>
          <div
            className="grid h-10 items-center gap-x-3 px-3"
            role="presentation"
            style={{ gridTemplateColumns: template }}
          >
            {toggle && (
              <span role="cell">
                <input
                  type="checkbox"
                  className="align-middle"
                  checked={isSelected}
                  onChange={() => toggle(agent.id)}
                  aria-label={`Select ${visible(agent.name)}`}
                />
              </span>
            )}
            {columns.map((id) => (
              <span key={id} role="cell" className={`min-w-0 ${CELLS[id].isRight ? "text-right" : ""}`}>
                <Cell id={id} agent={agent} />
              </span>
            ))}
          </div>
          {why(agent) && (
            <p className={`-mt-1.5 truncate pr-3 text-xs text-muted ${toggle ? "pl-[226px]" : "pl-[196px]"}`}>
              why: {why(agent)}
            </p>
          )}
        </>
      )}
    </div>
  );
});

function Cell({ id, agent }: { id: ColumnId; agent: AgentSummary }) {
  const band = bandOf(agent);
  switch (id) {
    case "trust":
      return (
        <span className="flex items-center justify-between pr-2">
          <StatusBadge status={band} isGrey={saysLittle(agent)} />
          <span
            className={`font-semibold ${band === "UNKNOWN" || saysLittle(agent) ? "text-muted" : STATUS_COLOR[band]}`}
          >
            {score(agent.trust_score)}
          </span>
        </span>
      );
    case "name":
      return <NameLink agent={agent} />;
    case "trend":
      return <Sparkline points={agent.trend} status={band} />;
    case "posture":
      return score(agent.posture_score);
    case "behavior":
      return score(agent.behavior_score);
    case "events":
      return agent.events_last_hour ? (
        agent.events_last_hour.toLocaleString("en")
      ) : (
        <span className="text-muted">{NONE}</span>
      );
    case "findings":
      return <Findings agent={agent} />;
    case "seen":
      return <Time at={agent.last_seen_at} />;
  }
}

/** What costs the score most; the worst finding where the agent was not scored since there are reasons. */
function why(agent: AgentSummary): string | null {
  return agent.reason ? visible(agent.reason.text) : agent.worst_finding;
}

function NameLink({ agent }: { agent: AgentSummary }) {
  return (
    <span className="flex min-w-0 items-baseline gap-2">
      <a
        href={`/agents/${agent.id}`}
        data-agent={agent.id}
        data-leads
        className="min-w-0 shrink font-medium hover:underline"
      >
        <ShortenedText>{agent.name}</ShortenedText>
      </a>
      <SuspendedMark agent={agent} />
      {agent.monitoring !== "never_seen" && (
        <MonitoringMark agent={agent} className={agent.monitoring === "learning" ? "max-lg:hidden" : ""} />
      )}
      {agent.monitoring !== "unmonitored" && (
        <ShortenedText className="max-w-[40%] min-w-12 shrink-[20] text-xs text-muted">
          {agent.owner_team}
        </ShortenedText>
      )}
    </span>
  );
}

function Findings({ agent }: { agent: AgentSummary }) {
  if (!agent.open_findings) return <span className="text-muted">{NONE}</span>;
  return (
    <span>
      {agent.open_findings}
      {agent.critical_findings > 0 && (
        <span className="ml-1 text-xs text-critical">({agent.critical_findings} critical)</span>
      )}
    </span>
  );
}

function Card({ agent }: { agent: AgentSummary }) {
  const band = bandOf(agent);
  return (
    <div role="cell" className="flex h-full flex-col gap-1 px-3 py-2.5">
      <div className="flex items-center justify-between gap-2">
        <StatusBadge status={band} isGrey={saysLittle(agent)} />
        <span
          className={`text-base font-semibold ${band === "UNKNOWN" || saysLittle(agent) ? "text-muted" : STATUS_COLOR[band]}`}
        >
          {score(agent.trust_score)}
        </span>
      </div>
      <NameLink agent={agent} />
      <p className="truncate text-xs text-muted">{why(agent) ? `why: ${why(agent)}` : "no open finding"}</p>
      <div className="mt-auto flex items-center justify-between text-xs text-muted">
        <Sparkline points={agent.trend} status={band} />
        <span>
          {agent.worst_severity ? <SeverityBadge severity={agent.worst_severity} /> : null}{" "}
          {agent.open_findings || "no"} open
        </span>
        <Time at={agent.last_seen_at} />
      </div>
    </div>
  );
}

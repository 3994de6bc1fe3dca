/** Status and severity: icon, word and colour, the same everywhere, and two shape families that cannot be mixed up. */
import type { Monitoring, Severity, Status } from "../api/types";
import { absolute, count, relative, visible } from "../lib/format";
import { SEVERITIES, SEVERITY_COLOR, STATUS_COLOR } from "../lib/status";
import { useNow } from "../lib/useNow";

const SHAPES: Record<Status, React.ReactNode> = {
  TRUSTED: <circle cx="6" cy="6" r="5" />,
  WATCH: (
    <>
      <circle cx="6" cy="6" r="4.3" fill="none" stroke="currentColor" strokeWidth="1.4" />
      <path d="M6 1a5 5 0 0 1 0 10z" />
    </>
  ),
  ALERT: <path d="M6 .8 11.6 11H.4z" />,
  CRITICAL: <rect x="1" y="1" width="10" height="10" rx="1" />,
};

export function StatusIcon({ status }: { status: Status | "UNKNOWN" }) {
  return (
    <svg viewBox="0 0 12 12" width="11" height="11" fill="currentColor" aria-hidden="true" className="shrink-0">
      {status === "UNKNOWN" ? (
        <circle cx="6" cy="6" r="4.3" fill="none" stroke="currentColor" strokeWidth="1.4" strokeDasharray="2 1.6" />
      ) : (
        SHAPES[status]
      )}
    </svg>
  );
}

/** The status of an agent; grey while it says little, since the agent is learning or not heard of. */
export function StatusBadge({ status, isGrey = false }: { status: Status | "UNKNOWN"; isGrey?: boolean }) {
  const color = status === "UNKNOWN" || isGrey ? "text-muted" : STATUS_COLOR[status];
  return (
    <span className={`inline-flex items-center gap-1.5 text-xs font-semibold tracking-wide ${color}`}>
      <StatusIcon status={status} />
      {status === "UNKNOWN" ? "NOT SCORED" : status}
    </span>
  );
}

/** Marks a suspended agent beside its status; the reason shows on hover. */
export function SuspendedMark({ agent }: { agent: { suspended_at: string | null; suspended_reason: string | null } }) {
  if (agent.suspended_at === null) return null;
  return (
    <span
      className="shrink-0 rounded border border-line px-1 text-xs font-normal text-muted"
      title={agent.suspended_reason === null ? undefined : visible(agent.suspended_reason)}
    >
      suspended
    </span>
  );
}

interface Watched {
  monitoring: Monitoring;
  missing_sessions: number;
  silent_since: string | null;
}

/** Says beside the status of an agent whether it is heard of; nothing of one that reports and has learned. */
export function MonitoringMark({ agent, className = "" }: { agent: Watched; className?: string }) {
  const now = useNow();
  if (agent.monitoring === "active") return null;
  const isSilent = agent.monitoring === "silent";
  return (
    <span
      className={`shrink-0 rounded border px-1 text-xs font-normal ${isSilent ? "border-watch text-watch" : "border-line text-muted"} ${className}`}
      title={
        isSilent && agent.silent_since ? `Last report: ${absolute(agent.silent_since)}` : MEANING[agent.monitoring]
      }
    >
      {agent.monitoring === "learning" && `learning, ${count(agent.missing_sessions, "session")} to go`}
      {isSilent && `silent, seen ${relative(agent.silent_since ?? now, now)}`}
      {agent.monitoring === "never_seen" && "never seen"}
      {agent.monitoring === "unmonitored" && "not monitored"}
    </span>
  );
}

const MEANING: Record<Monitoring, string | undefined> = {
  active: undefined,
  silent: undefined,
  learning: "Until it has learned enough sessions, first calls look unusual and none of its sessions is an alarm",
  never_seen: "Registered; it has reported nothing yet",
  unmonitored: "Found on a host; it has reported nothing yet",
};

/** One to four bars. */
export function SeverityBadge({ severity }: { severity: Severity }) {
  const bars = SEVERITIES.length - SEVERITIES.indexOf(severity);
  return (
    <span
      className={`inline-flex items-center gap-1.5 text-xs font-semibold whitespace-nowrap ${SEVERITY_COLOR[severity]}`}
    >
      <svg viewBox="0 0 14 12" width="14" height="12" fill="currentColor" aria-hidden="true" className="shrink-0">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            key={bar}
            x={bar * 3.6}
            y={9 - bar * 3}
            width="2.6"
            height={3 + bar * 3}
            opacity={bar < bars ? 1 : 0.25}
          />
        ))}
      </svg>
      {severity}
    </span>
  );
}

export function Chip({ children, title }: { children: React.ReactNode; title?: string }) {
  return (
    <span className="chip" title={title}>
      {children}
    </span>
  );
}

/** Status and severity: icon, word and colour, the same everywhere, and two shape families that cannot be mixed up. */
import type { Severity, Status } from "../api/types";
import { visible } from "../lib/format";
import { SEVERITIES, SEVERITY_COLOR, STATUS_COLOR } from "../lib/status";

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

/** The status of an agent; grey while what is normal for it is still being learned. */
export function StatusBadge({ status, isLearning = false }: { status: Status | "UNKNOWN"; isLearning?: boolean }) {
  const color = status === "UNKNOWN" || isLearning ? "text-muted" : STATUS_COLOR[status];
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

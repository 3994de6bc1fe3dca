import { getRouteApi, Link } from "@tanstack/react-router";
import type { AgentSummary } from "../../api/types";
import { StatusIcon } from "../../components/Badges";
import { Icon } from "../../components/Icon";
import { countByStatus, countSilent, distribution } from "../../lib/agents";
import { inWords, STATUS_COLOR, STATUSES } from "../../lib/status";

const route = getRouteApi("/shell/");

/** Counters that filter, and how trust is spread. */
export function Overview({ agents }: { agents: AgentSummary[] }) {
  const counts = countByStatus(agents);
  const { status: chosen } = route.useSearch();
  return (
    <div className="mb-4 flex flex-wrap items-stretch gap-2">
      {STATUSES.map((status) => {
        const isChosen = chosen === status;
        return (
          <Link
            key={status}
            from="/"
            to="/"
            search={(search) => ({ ...search, status: isChosen ? undefined : status })}
            aria-current={isChosen ? "true" : undefined}
            className={`card flex min-w-[104px] flex-1 items-center gap-3 px-3 py-2 hover:bg-raised sm:flex-none ${isChosen ? "border-link bg-raised" : ""}`}
          >
            <span className={counts[status] ? STATUS_COLOR[status] : "text-muted"}>
              <StatusIcon status={status} />
            </span>
            <span>
              <span className="block text-lg leading-6 font-semibold">{counts[status]}</span>
              <span className="block text-xs text-muted">{inWords(status)}</span>
            </span>
          </Link>
        );
      })}
      <SilentCounter agents={countSilent(agents)} />
      <Distribution tenths={distribution(agents)} />
    </div>
  );
}

/** How many agents stopped reporting, and which; absent while all report. */
function SilentCounter({ agents }: { agents: number }) {
  const { monitoring } = route.useSearch();
  const isChosen = monitoring === "silent";
  if (!agents && !isChosen) return null;
  return (
    <Link
      from="/"
      to="/"
      search={(search) => ({ ...search, monitoring: isChosen ? undefined : ("silent" as const) })}
      aria-current={isChosen ? "true" : undefined}
      className={`card flex min-w-[104px] flex-1 items-center gap-3 px-3 py-2 hover:bg-raised sm:flex-none ${isChosen ? "border-link bg-raised" : ""}`}
    >
      <span className={agents ? "text-watch" : "text-muted"}>
        <Icon name="silent" />
      </span>
      <span>
        <span className="block text-lg leading-6 font-semibold">{agents}</span>
        <span className="block text-xs text-muted">Silent</span>
      </span>
    </Link>
  );
}

const TENTH_COLORS = [
  "critical",
  "critical",
  "critical",
  "critical",
  "alert",
  "alert",
  "watch",
  "watch",
  "trusted",
  "trusted",
];

function Distribution({ tenths }: { tenths: number[] }) {
  const most = Math.max(1, ...tenths);
  const words = tenths.map((number, tenth) => `${tenth * 10} to ${tenth * 10 + 10}: ${number}`).join(", ");
  return (
    <figure className="card flex min-w-[180px] flex-1 items-end gap-3 px-3 py-2 sm:max-w-[300px]">
      <figcaption className="text-xs text-muted">
        Trust
        <br />0 to 100
      </figcaption>
      <svg
        viewBox="0 0 100 34"
        preserveAspectRatio="none"
        role="img"
        aria-label={`Agents by trust score: ${words}`}
        className="h-9 flex-1"
      >
        {tenths.map((number, tenth) => {
          const height = number ? Math.max(2, (number / most) * 32) : 1;
          return (
            <rect
              key={tenth}
              x={tenth * 10 + 0.75}
              y={34 - height}
              width={8.5}
              height={height}
              fill={number ? `var(--c-${TENTH_COLORS[tenth]})` : "var(--c-line)"}
            />
          );
        })}
      </svg>
    </figure>
  );
}

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { teamChartQuery } from "../../api/queries";
import type { TeamChart as Chart } from "../../api/types";
import { Failure, Skeleton } from "../../components/QueryStates";
import { ShortenedText } from "../../components/UntrustedText";
import { count } from "../../lib/format";
import type { Span } from "../../lib/timeRange";
import { Section } from "./Section";

/** Events of each team as bars of their length; each leads to the team's agents. */
export function TeamChart({ span }: { span: Span }) {
  const chart = useQuery({ ...teamChartQuery(span), placeholderData: keepPreviousData });
  return (
    <Section title="Events by team" isWide>
      {chart.data ? (
        <Teams chart={chart.data} />
      ) : chart.error ? (
        <Failure error={chart.error} retry={() => void chart.refetch()} />
      ) : (
        <Skeleton rows={5} />
      )}
    </Section>
  );
}

function Teams({ chart: { teams, team_count } }: { chart: Chart }) {
  const most = Math.max(1, ...teams.map((team) => team.calls));
  if (teams.length === 0) return <p className="text-muted">No team had an event in this time.</p>;
  return (
    <>
      <ol className="max-h-96 overflow-auto" tabIndex={0} aria-label="Teams, most events first">
        {teams.map((team) => (
          <li key={team.owner_team}>
            <Link
              to="/"
              search={{ team: team.owner_team }}
              className="grid items-center gap-x-3 rounded px-1 py-1 hover:bg-raised sm:grid-cols-[160px_minmax(0,1fr)_auto]"
            >
              <ShortenedText className="font-medium">{team.owner_team}</ShortenedText>
              <span className="h-3 max-sm:order-last" aria-hidden="true">
                <span
                  className="block h-full min-w-0.5 rounded-r-sm bg-link"
                  style={{ width: `${(team.calls / most) * 100}%` }}
                />
              </span>
              <span className="text-xs text-muted sm:text-right">
                <span className="font-medium text-text">{count(team.calls, "event")}</span>
                {team.anomalies > 0 && `, ${team.anomalies.toLocaleString("en")} anomalous`}
                {`, ${count(team.agents, "agent")}`}
              </span>
            </Link>
          </li>
        ))}
      </ol>
      {team_count > teams.length && (
        <p className="mt-2 text-xs text-muted">{count(team_count - teams.length, "more team")}</p>
      )}
    </>
  );
}

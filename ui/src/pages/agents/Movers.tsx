import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { moversQuery } from "../../api/queries";
import { ShortenedText } from "../../components/UntrustedText";
import { score, signed } from "../../lib/format";
import { spanOf, timeInWords, useTime } from "../../lib/timeRange";

/** The agents whose score moved most in the chosen time, or since last week. Closed, it says the one that fell most. */
export function Movers() {
  const time = useTime();
  const movers = useQuery({ ...moversQuery(spanOf(time)), placeholderData: keepPreviousData }).data;
  if (!movers || movers.length === 0) return null;
  const title = time ? `(${timeInWords(time).toLowerCase()})` : "since last week";
  return (
    <details className="card mb-4 px-3 py-2" open={time !== undefined}>
      <summary className="text-muted">
        <span className="font-medium text-text">Moved most</span> {title}:{" "}
        <ShortenedText className="inline-block max-w-48 align-bottom">{movers[0]!.name}</ShortenedText>{" "}
        <Points points={movers[0]!.points} />
      </summary>
      <ol className="mt-2 divide-y divide-line border-t border-line" aria-label="Agents whose score moved most">
        {movers.map((mover) => (
          <li key={mover.agent_id} className="flex flex-wrap items-center gap-x-4 gap-y-0.5 py-1.5">
            <Link
              to="/agents/$agentId"
              params={{ agentId: mover.agent_id }}
              className="min-w-0 basis-48 font-medium hover:underline"
            >
              <ShortenedText>{mover.name}</ShortenedText>
            </Link>
            <span className="w-24 text-muted">
              {score(mover.before)} → {score(mover.after)}
            </span>
            <Points points={mover.points} />
            <span className="min-w-0 text-xs text-muted">{mover.summary.replace(/^[^:]*: /, "")}</span>
          </li>
        ))}
      </ol>
    </details>
  );
}

function Points({ points }: { points: number }) {
  return <span className={`font-medium ${points < 0 ? "text-alert" : "text-trusted"}`}>{signed(points)}</span>;
}

import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { changesQuery } from "../../api/queries";
import type { ScoreChanges } from "../../api/types";
import { SeverityBadge } from "../../components/Badges";
import { Time } from "../../components/Time";
import { visible } from "../../lib/format";
import { spanOf, timeInWords, useTime } from "../../lib/timeRange";

/** What moved the score in the chosen time, with the points that it cost; without a choice, since last week. */
export function WhatChanged({ agentId }: { agentId: string }) {
  const time = useTime();
  const changes = useQuery({ ...changesQuery(agentId, spanOf(time)), placeholderData: keepPreviousData });
  const title = time ? `What changed: ${timeInWords(time)}` : "What changed since last week";
  return (
    <section aria-labelledby="changes" className="card mb-4 p-4">
      <h2 id="changes" className="heading mb-1">
        {title}
      </h2>
      {changes.data ? (
        <Changes agentId={agentId} changes={changes.data} />
      ) : (
        <p className="text-muted">{changes.error ? changes.error.message : "…"}</p>
      )}
    </section>
  );
}

function Changes({ agentId, changes }: { agentId: string; changes: ScoreChanges }) {
  const session = changes.worst_session;
  const hasBehaved = changes.parts.some((part) => part.part === "behavior" && part.points < 0);
  return (
    <>
      <p>{visible(changes.summary)}</p>
      <ul className="mt-1 flex empty:hidden flex-wrap gap-x-5 gap-y-1 text-xs text-muted">
        {changes.findings.map((finding) => (
          <li key={finding.rule_id} className="flex items-center gap-1.5">
            <SeverityBadge severity={finding.severity} /> {finding.title}{" "}
            {finding.opened === finding.resolved
              ? "came and went"
              : finding.opened > finding.resolved
                ? "opened"
                : "resolved"}{" "}
            <Time at={finding.last_at} />
          </li>
        ))}
      </ul>
      {session && (session.is_alarm || hasBehaved) && (
        <p className="mt-1 text-xs text-muted">
          Behaviour:{" "}
          <Link to="/sessions/$sessionId" params={{ sessionId: session.id }} className="link">
            the session that stood out
          </Link>
          , risk {session.risk.toFixed(2)}
          {session.reasons[0] && `: ${visible(session.reasons[0].message)}`}{" "}
          {session.session_id && (
            <Link
              to="/agents/$agentId"
              params={{ agentId }}
              search={{ tab: "sessions", session: session.session_id }}
              className="link"
            >
              its calls
            </Link>
          )}
        </p>
      )}
    </>
  );
}

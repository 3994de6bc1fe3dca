import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { agentQuery, judgedSessionQuery } from "../../api/queries";
import type { SessionCall, SessionDetail } from "../../api/types";
import { EventPanel } from "../../components/EventPanel";
import { Page } from "../../components/Page";
import { Failure, Skeleton } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { ShortenedText, UntrustedText } from "../../components/UntrustedText";
import { clickableRow } from "../../lib/clickableRow";
import { absolute, count, duration, moment, visible } from "../../lib/format";
import { SessionVerdict } from "../agent/SessionVerdict";

const route = getRouteApi("/shell/sessions/$sessionId");

/** One session of an agent: how its risk grew, call by call, against the alert line. */
export function SessionPage() {
  const { sessionId } = route.useParams();
  const session = useQuery(judgedSessionQuery(sessionId));
  if (!session.data) {
    return (
      <Page title="Session" tab="Session">
        {session.error ? <Failure error={session.error} retry={() => void session.refetch()} /> : <Skeleton rows={8} />}
      </Page>
    );
  }
  return <Session session={session.data} />;
}

function Session({ session }: { session: SessionDetail }) {
  const agent = useQuery(agentQuery(session.agent_id));
  const milliseconds = new Date(session.ended_at).getTime() - new Date(session.started_at).getTime();
  return (
    <Page
      title={
        <>
          Session of{" "}
          <Link
            to="/agents/$agentId"
            params={{ agentId: session.agent_id }}
            search={{ tab: "sessions" }}
            className="link"
          >
            <UntrustedText>{agent.data?.name ?? "an agent"}</UntrustedText>
          </Link>
        </>
      }
      tab="Session"
      lead={
        <>
          {count(session.calls, "call")} of {count(session.tools, "tool")} over {duration(milliseconds)}, begun{" "}
          <Time at={session.started_at} />
        </>
      }
    >
      <div className="grid items-start gap-4 lg:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
        <Calls session={session} />
        <Judgement session={session} />
      </div>
      <EventPanel />
    </Page>
  );
}

function Judgement({ session }: { session: SessionDetail }) {
  return (
    <section aria-labelledby="judgement" className="card p-4 max-lg:-order-1">
      <h2 id="judgement" className="heading mb-2">
        Risk <span className={session.is_alarm ? "text-alert" : ""}>{session.risk.toFixed(2)}</span>
      </h2>
      <p className="text-muted">{standing(session)}</p>
      {session.session_id && <ShortenedText mono>{session.session_id}</ShortenedText>}
      <ul aria-label="Reasons" className="mt-3">
        {session.reasons.map((reason) => (
          <li
            key={reason.detector}
            className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 border-t border-line py-1"
            title={reason.detector}
          >
            <span className="name">{visible(reason.message)}</span>
            <span className="text-muted">{Math.round(reason.share * 100)} %</span>
          </li>
        ))}
      </ul>
      <SessionVerdict agentId={session.agent_id} run={session} />
    </section>
  );
}

/** What the risk means for alarms, in a sentence or two. */
function standing({ risk, alert_line, is_alarm, missing_sessions, verdict, muted_until }: SessionDetail): string {
  const line = alert_line.toFixed(2);
  const words = [risk > alert_line ? `Above the alert line of ${line}.` : `Below the alert line of ${line}.`];
  if (is_alarm) words.push("It is an alarm.");
  else if (missing_sessions > 0) words.push(`The agent is learning: ${count(missing_sessions, "session")} to go.`);
  if (verdict) words.push(`A person called it ${verdict === "fine" ? "fine" : "an attack"}.`);
  if (muted_until && new Date(muted_until).getTime() > Date.now()) words.push(`Muted until ${absolute(muted_until)}.`);
  return words.join(" ");
}

function Calls({ session }: { session: SessionDetail }) {
  return (
    <section aria-labelledby="calls" className="card p-4">
      <h2 id="calls" className="heading mb-2">
        Risk after each call
      </h2>
      <ol>
        {session.timeline.map((call, place) => (
          <Call
            key={call.event_id}
            call={call}
            before={session.timeline[place - 1]?.risk ?? 0}
            alertLine={session.alert_line}
          />
        ))}
      </ol>
    </section>
  );
}

const LEAST_SHOWN = 0.005;

function Call({ call, before, alertLine }: { call: SessionCall; before: number; alertLine: number }) {
  const added = call.risk - before;
  const color = call.risk > alertLine ? "bg-alert" : "bg-link";
  return (
    <li
      {...clickableRow}
      className="grid grid-cols-[76px_minmax(0,1fr)_44px_44px] items-center gap-x-3 border-b border-line py-1 last:border-0 hover:bg-raised sm:grid-cols-[116px_minmax(0,1fr)_minmax(0,2fr)_44px_44px]"
    >
      <time dateTime={call.timestamp} title={absolute(call.timestamp)} className="text-xs text-muted">
        {moment(call.timestamp)}
      </time>
      <span className="min-w-0">
        {call.tool_name === null ? (
          <span className="text-muted">past the retention</span>
        ) : (
          <Link
            from="/sessions/$sessionId"
            to="."
            search={{ event: call.event_id }}
            state={{ isOpenedHere: true }}
            resetScroll={false}
            preload={false}
            data-leads
            className="block hover:underline"
          >
            <ShortenedText mono>{call.tool_name}</ShortenedText>
          </Link>
        )}
        {call.operation && <ShortenedText className="text-xs text-muted">{call.operation}</ShortenedText>}
        {call.status !== null && call.status !== "ok" && <span className="text-xs text-alert">{call.status}</span>}
      </span>
      <span className="relative h-2.5 rounded bg-raised max-sm:hidden" aria-hidden="true">
        <span className={`absolute h-full rounded ${color}`} style={{ width: `${call.risk * 100}%` }} />
        <span className="absolute h-full border-l border-text" style={{ left: `${alertLine * 100}%` }} />
      </span>
      <span className="text-right text-xs text-muted">{added >= LEAST_SHOWN ? `+${added.toFixed(2)}` : ""}</span>
      <span className={`text-right text-xs font-medium ${call.risk > alertLine ? "text-alert" : ""}`}>
        {call.risk.toFixed(2)}
      </span>
    </li>
  );
}

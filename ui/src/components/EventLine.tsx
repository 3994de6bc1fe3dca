import { Link } from "@tanstack/react-router";
import type { EventRecord } from "../api/types";
import { absolute, callName, duration, moment, visible } from "../lib/format";
import { Anomaly } from "./Anomaly";
import { ShortenedText } from "./UntrustedText";

/** One tool call on one line: when, who, what, how unusual and why. */
export function EventLine({ event, showsAgent = true }: { event: EventRecord; showsAgent?: boolean }) {
  const reasons = event.reasons.map((reason) => visible(reason.message)).join(" · ");
  return (
    <div className="grid h-10 grid-cols-[76px_minmax(0,1fr)_56px] items-center gap-x-3 px-3 md:grid-cols-[116px_minmax(0,2fr)_minmax(0,2fr)_minmax(0,3fr)_64px_56px]">
      <time dateTime={event.timestamp} title={absolute(event.timestamp)} className="text-xs text-muted">
        {moment(event.timestamp)}
      </time>
      <div className={`min-w-0 ${showsAgent ? "" : "hidden"} max-md:hidden`}>
        <Link to="/agents/$agentId" params={{ agentId: event.agent_id }} className="hover:underline">
          <ShortenedText>{event.agent_name || "deleted agent"}</ShortenedText>
        </Link>
      </div>
      <div className="min-w-0">
        <ShortenedText mono>{callName(event)}</ShortenedText>
        {event.server_name && (
          <ShortenedText className="text-xs text-muted max-md:hidden">{event.server_name}</ShortenedText>
        )}
        {showsAgent && <ShortenedText className="text-xs text-muted md:hidden">{event.agent_name}</ShortenedText>}
      </div>
      <div
        className={`min-w-0 truncate text-xs text-muted max-md:hidden ${showsAgent ? "" : "md:col-span-2"}`}
        title={reasons}
      >
        {event.status !== "ok" && <span className="mr-1 font-medium text-alert">{event.status}</span>}
        {event.session_id && (
          <Link
            to="/agents/$agentId"
            params={{ agentId: event.agent_id }}
            search={{ tab: "sessions", session: event.session_id }}
            className="link mr-2"
          >
            session
          </Link>
        )}
        {reasons}
      </div>
      <span className="text-right text-xs text-muted max-md:hidden">{duration(event.duration_ms)}</span>
      <Anomaly value={event.anomaly_score} />
    </div>
  );
}

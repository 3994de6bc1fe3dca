import { Link } from "@tanstack/react-router";
import type { EventRecord } from "../api/types";
import { clickableRow } from "../lib/clickableRow";
import { absolute, callName, duration, moment, NONE, visible } from "../lib/format";
import { Anomaly } from "./Anomaly";
import { ShortenedText } from "./UntrustedText";

/** Heights of a row, and of the card that it is on a narrow screen. */
export const ROW = 40;
export const CARD = 64;

const WITH_AGENT =
  "md:grid-cols-[112px_minmax(0,3fr)_minmax(0,4fr)_48px_72px_56px] xl:grid-cols-[112px_minmax(0,3fr)_minmax(0,4fr)_minmax(0,2fr)_minmax(0,4fr)_minmax(0,2fr)_44px_48px_72px_56px]";
const OF_AN_AGENT =
  "md:grid-cols-[112px_minmax(0,4fr)_48px_72px_56px] xl:grid-cols-[112px_minmax(0,4fr)_minmax(0,2fr)_minmax(0,4fr)_minmax(0,2fr)_44px_48px_72px_56px]";
const LINE = "grid items-center gap-x-3 px-3";
const WIDE = "max-xl:hidden";

/** A table of events. Its rows are `EventRow`s in a row group of the caller's. */
export function EventTable({ showsAgent = true, children }: { showsAgent?: boolean; children: React.ReactNode }) {
  const columns: [label: string, className?: string][] = [
    ["Time"],
    ...(showsAgent ? [["Agent"] as [string]] : []),
    ["Tool"],
    ["Server", WIDE],
    ["Why unusual", WIDE],
    ["Session", WIDE],
    ["Via", WIDE],
    ["Status"],
    ["Duration", "text-right"],
    ["Anomaly", "text-right"],
  ];
  return (
    <div role="table" aria-label="Events, newest first" className="card overflow-hidden">
      <div
        role="rowgroup"
        className="overflow-hidden border-b border-line bg-raised [scrollbar-gutter:stable] max-md:hidden"
      >
        <div role="row" className={`${LINE} h-8 text-xs text-muted ${showsAgent ? WITH_AGENT : OF_AN_AGENT}`}>
          {columns.map(([label, className = ""]) => (
            <span key={label} role="columnheader" className={className}>
              {label}
            </span>
          ))}
        </div>
      </div>
      {children}
    </div>
  );
}

/** One tool call: when, who, what, how it went, how unusual it was and why. It opens the event beside the page. */
export function EventRow({
  event,
  isNarrow,
  showsAgent = true,
  style,
}: {
  event: EventRecord;
  isNarrow: boolean;
  showsAgent?: boolean;
  style?: React.CSSProperties;
}) {
  return (
    <div
      {...clickableRow}
      role="row"
      className={`border-b border-line last:border-0 hover:bg-raised ${style ? "absolute inset-x-0" : ""}`}
      style={style}
    >
      {isNarrow ? <Card event={event} showsAgent={showsAgent} /> : <Line event={event} showsAgent={showsAgent} />}
    </div>
  );
}

function Line({ event, showsAgent }: { event: EventRecord; showsAgent: boolean }) {
  const reasons = event.reasons.map((reason) => visible(reason.message)).join(" · ");
  return (
    <div role="presentation" className={`${LINE} h-10 ${showsAgent ? WITH_AGENT : OF_AN_AGENT}`}>
      <span role="cell" className="text-xs text-muted">
        <Moment at={event.timestamp} />
      </span>
      {showsAgent && (
        <span role="cell" className="min-w-0">
          <AgentLink event={event} />
        </span>
      )}
      <span role="cell" className="min-w-0">
        <OpenLink event={event} />
      </span>
      <span role="cell" className={`min-w-0 text-xs text-muted ${WIDE}`}>
        {event.server_name ? <ShortenedText>{event.server_name}</ShortenedText> : NONE}
      </span>
      <span role="cell" className={`min-w-0 truncate text-xs text-muted ${WIDE}`} title={reasons}>
        {reasons}
      </span>
      <span role="cell" className={`min-w-0 text-xs ${WIDE}`}>
        <SessionLink event={event} />
      </span>
      <span role="cell" className={`text-xs text-muted ${WIDE}`}>
        {event.channel}
      </span>
      <span role="cell" className="text-xs">
        <Outcome event={event} />
      </span>
      <span role="cell" className="text-right text-xs text-muted">
        {duration(event.duration_ms)}
      </span>
      <span role="cell" className="text-right">
        <Anomaly value={event.anomaly_score} />
      </span>
    </div>
  );
}

function Card({ event, showsAgent }: { event: EventRecord; showsAgent: boolean }) {
  return (
    <div role="cell" className="flex h-16 flex-col justify-center gap-1 px-3">
      <div className="flex items-center justify-between gap-3">
        <span className="min-w-0">
          <OpenLink event={event} />
        </span>
        <Anomaly value={event.anomaly_score} />
      </div>
      <div className="flex items-center gap-3 text-xs text-muted">
        <Moment at={event.timestamp} />
        {showsAgent && (
          <span className="min-w-0 flex-1">
            <AgentLink event={event} />
          </span>
        )}
        <span className="ml-auto">
          <Outcome event={event} />
        </span>
        <span>{duration(event.duration_ms)}</span>
      </div>
    </div>
  );
}

function Moment({ at }: { at: string }) {
  return (
    <time dateTime={at} title={absolute(at)} className="whitespace-nowrap">
      {moment(at)}
    </time>
  );
}

/** The row's main link. The opened event stands in the address of the page that it is opened on. */
function OpenLink({ event }: { event: EventRecord }) {
  return (
    <Link
      to="."
      search={(old) => ({ ...old, event: event.event_id })}
      state={{ isOpenedHere: true }}
      resetScroll={false}
      preload={false}
      data-leads
      data-event={event.event_id}
      className="block hover:underline"
    >
      <ShortenedText mono>{callName(event)}</ShortenedText>
    </Link>
  );
}

function AgentLink({ event }: { event: EventRecord }) {
  return (
    <Link to="/agents/$agentId" params={{ agentId: event.agent_id }} className="hover:underline">
      <ShortenedText>{event.agent_name || "deleted agent"}</ShortenedText>
    </Link>
  );
}

function SessionLink({ event }: { event: EventRecord }) {
  if (!event.session_id) return <span className="text-muted">{NONE}</span>;
  return (
    <Link
      to="/agents/$agentId"
      params={{ agentId: event.agent_id }}
      search={{ tab: "sessions", session: event.session_id }}
      className="link"
    >
      <ShortenedText>{event.session_id}</ShortenedText>
    </Link>
  );
}

/** How a call ended. */
export function Outcome({ event: { status } }: { event: Pick<EventRecord, "status"> }) {
  return <span className={status === "ok" ? "text-muted" : "font-medium text-alert"}>{status}</span>;
}

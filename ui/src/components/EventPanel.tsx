import { useQuery } from "@tanstack/react-query";
import { Link, useLocation, useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { eventQuery } from "../api/queries";
import type { EventDetail } from "../api/types";
import { absolute, callName, duration, NONE, visible } from "../lib/format";
import { Anomaly } from "./Anomaly";
import { CopyId } from "./CopyId";
import { Dialog } from "./Dialog";
import { Outcome } from "./EventTable";
import { Failure, Skeleton } from "./QueryStates";
import { UntrustedText } from "./UntrustedText";

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** Whether the page before is the same one without the opened event. */
    isOpenedHere?: boolean;
  }
}

/** The event that the address names, beside the page. Back closes it, and so do Escape and a click beside it. */
export function EventPanel() {
  const id = useSearch({ strict: false, select: (search) => (search as { event?: string }).event });
  const router = useRouter();
  const navigate = useNavigate();
  const isOpenedHere = useLocation({ select: (location) => location.state.isOpenedHere });
  if (id === undefined) return null;
  const close = () => {
    if (isOpenedHere) router.history.back();
    else void navigate({ to: ".", search: (old) => ({ ...old, event: undefined }), replace: true, resetScroll: false });
  };
  return <Opened key={id} id={id} close={close} />;
}

function Opened({ id, close }: { id: string; close: () => void }) {
  const event = useQuery(eventQuery(id));
  return (
    <Dialog
      open
      onClose={close}
      layout="side"
      title={event.data ? <UntrustedText mono>{callName(event.data)}</UntrustedText> : "Event"}
    >
      {event.data ? (
        <Detail event={event.data} />
      ) : event.error ? (
        <Failure error={event.error} retry={() => void event.refetch()} />
      ) : (
        <Skeleton rows={10} height={28} />
      )}
    </Dialog>
  );
}

function Detail({ event }: { event: EventDetail }) {
  return (
    <div className="flex flex-col gap-5">
      <Reasons event={event} />
      <Fields title="Call">
        <Field name="Agent">
          <Link to="/agents/$agentId" params={{ agentId: event.agent_id }} className="link">
            <UntrustedText>{event.agent_name || "deleted agent"}</UntrustedText>
          </Link>
        </Field>
        <Field name="Tool">
          <Text value={event.tool_name} />{" "}
          <Link to="/events" search={{ tool: event.tool_name, time: "30d" }} className="link text-xs">
            all its calls
          </Link>
        </Field>
        <Field name="Operation">
          <Text value={event.operation} />
        </Field>
        <Field name="Server">
          <Text value={event.server_name} />
        </Field>
        <Field name="Called">{absolute(event.timestamp)}</Field>
        <Field name="Received">{absolute(event.received_at)}</Field>
        <Field name="Duration">{duration(event.duration_ms)}</Field>
        <Field name="Channel">{event.channel}</Field>
      </Fields>
      <Fields title="Policy">
        <Field name="Decision">{event.decision ?? NONE}</Field>
        <Field name="Would block">{event.would_block ? "yes" : "no"}</Field>
        <Field name="Rule">
          <Text value={event.policy_rule} />
        </Field>
      </Fields>
      <Fields title="Ids">
        <Field name="Session">
          <Id id={event.session_id} label="session id" />
          <SessionLinks event={event} />
        </Field>
        <Field name="Event">
          <Id id={event.event_id} label="event id" />
        </Field>
        <Field name="Agent">
          <Id id={event.agent_id} label="agent id" />
        </Field>
        <Field name="Call">
          <Id id={event.tool_call_id} label="call id" />
        </Field>
        <Field name="Trace">
          <Id id={event.trace_id} label="trace id" />
          {event.trace_id && (
            <Link to="/events" search={{ q: event.trace_id, time: "30d" }} className="link text-xs">
              all its calls
            </Link>
          )}
        </Field>
        <Field name="Span">
          <Id id={event.span_id} label="span id" />
        </Field>
      </Fields>
      <Fields title="Digests">
        <Field name="Input">
          <Id id={event.input_hash} label="input digest" />
        </Field>
        <Field name="Output">
          <Id id={event.output_hash} label="output digest" />
        </Field>
      </Fields>
    </div>
  );
}

/** How it ended and how unusual it was, with each detector's part. */
function Reasons({ event }: { event: EventDetail }) {
  return (
    <section aria-label="Anomaly">
      <p className="flex items-center gap-4">
        <Outcome event={event} />
        <Anomaly value={event.anomaly_score} />
      </p>
      {event.reasons.length === 0 ? (
        <p className="mt-1 text-muted">No detector has anything against this call.</p>
      ) : (
        <ul className="mt-1">
          {event.reasons.map((reason) => (
            <li key={reason.detector} className="grid grid-cols-[minmax(0,1fr)_auto] gap-x-3 border-t border-line py-1">
              <span className="name">
                {visible(reason.message)} <code className="font-mono text-xs text-muted">{reason.detector}</code>
              </span>
              <span className="text-muted">{reason.score.toFixed(2)}</span>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function SessionLinks({ event }: { event: EventDetail }) {
  return (
    <span className="flex flex-wrap gap-x-3 text-xs">
      {event.judged_session_id && (
        <Link to="/sessions/$sessionId" params={{ sessionId: event.judged_session_id }} className="link">
          open the session
        </Link>
      )}
      {event.session_id && (
        <Link to="/events" search={{ agent: event.agent_id, session: event.session_id, time: "30d" }} className="link">
          all its calls
        </Link>
      )}
    </span>
  );
}

function Fields({ title, children }: { title: string; children: React.ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="heading mb-1">{title}</h3>
      <dl className="grid grid-cols-[96px_minmax(0,1fr)] gap-x-3 gap-y-1">{children}</dl>
    </section>
  );
}

function Field({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </>
  );
}

function Text({ value }: { value: string | null }) {
  return value === null ? NONE : <UntrustedText>{value}</UntrustedText>;
}

function Id({ id, label }: { id: string | null; label: string }) {
  return id === null ? NONE : <CopyId id={id} label={label} />;
}

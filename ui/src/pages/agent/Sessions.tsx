import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { useState } from "react";
import { eventsQuery, runsQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { Anomaly } from "../../components/Anomaly";
import { MorePages } from "../../components/MorePages";
import { Empty, Failure, Skeleton } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { ShortenedText, UntrustedText } from "../../components/UntrustedText";
import { clickableRow } from "../../lib/clickableRow";
import { callName, count, duration, visible } from "../../lib/format";
import { gather, layOut, type Stretch } from "../../lib/timeline";
import { spanOf, timeInFull } from "../../lib/timeRange";
import { RiskHistory } from "./RiskHistory";
import { SessionVerdict } from "./SessionVerdict";

const route = getRouteApi("/shell/agents/$agentId");

/** Runs of tool calls that belong together; one opens as a timeline with the reasons. */
export function Sessions({ agentId }: { agentId: string }) {
  const [order, setOrder] = useState<"latest" | "risk">("latest");
  const { session, time } = route.useSearch();
  const pages = useInfiniteQuery(runsQuery(agentId, order, spanOf(time)));
  if (pages.error && !pages.data) return <Failure error={pages.error} retry={() => void pages.refetch()} />;
  if (!pages.data) return <Skeleton rows={5} />;
  const runs = pages.data.pages.flatMap((page) => page.body);
  const total = Math.max(runs.length, pages.data.pages[0]?.total ?? 0);
  const isListed = runs.some((run) => run.session_id === session);
  return (
    <>
      <RiskHistory agentId={agentId} />
      <ul className="card divide-y divide-line">
        <li className="flex flex-wrap items-center justify-between gap-2 px-3 py-2 text-xs text-muted">
          <label>
            Order{" "}
            <select value={order} onChange={(change) => setOrder(change.target.value === "risk" ? "risk" : "latest")}>
              <option value="latest">latest first</option>
              <option value="risk">riskiest first</option>
            </select>
          </label>
          <span>
            {runs.length < total ? `${runs.length.toLocaleString("en")} of ` : ""}
            {count(total, "session")}
          </span>
        </li>
        {session && !isListed && (
          <li className="px-3 py-2">
            <ShortenedText mono>{session}</ShortenedText>
            <Timeline agentId={agentId} session={session} />
          </li>
        )}
        {runs.map((run) => (
          <li
            key={run.id ?? run.session_id}
            ref={session && run.session_id === session ? bringIntoView : undefined}
            className="px-3 py-2"
          >
            <RunLine run={run} isOpen={Boolean(session) && run.session_id === session} />
            <RiskReasons run={run} />
            <SessionVerdict agentId={agentId} run={run} />
            {session && run.session_id === session && <Timeline agentId={agentId} session={session} />}
          </li>
        ))}
      </ul>
      <MorePages pages={pages} label="More sessions" />
      {runs.length === 0 && <Nothing order={order} time={time} />}
    </>
  );
}

function Nothing({ order, time }: { order: "latest" | "risk"; time: string | undefined }) {
  if (time) return <Empty title="No session in this time">{timeInFull(time)}</Empty>;
  if (order === "risk") return <Empty title="No sessions yet">Each call is judged within a second.</Empty>;
  return (
    <Empty title="No calls with a session_id yet">
      They are grouped here, run by run. Sessions of calls without one are listed riskiest first.
    </Empty>
  );
}

/** A link to a session leads to it, however far down it stands. */
function bringIntoView(element: HTMLElement | null) {
  element?.scrollIntoView({ block: "nearest" });
}

function RunLine({ run, isOpen }: { run: Run; isOpen: boolean }) {
  const length = new Date(run.ended_at).getTime() - new Date(run.started_at).getTime();
  return (
    <div {...clickableRow} className="-mx-3 flex flex-wrap items-center gap-x-4 gap-y-1 px-3 hover:bg-raised">
      {run.session_id === null ? (
        <span className="min-w-0 flex-1 basis-48 text-muted">calls without a session_id</span>
      ) : (
        <Link
          from="/agents/$agentId"
          to="."
          search={{ tab: "sessions", session: isOpen ? undefined : run.session_id }}
          resetScroll={false}
          aria-expanded={isOpen}
          data-leads
          className="link min-w-0 flex-1 basis-48"
        >
          <ShortenedText mono>{run.session_id}</ShortenedText>
        </Link>
      )}
      <span className="text-xs text-muted">
        {run.is_complete ? "" : "at least "}
        {count(run.calls, "call")} of {count(run.tools, "tool")}
        {run.failed_calls > 0 && <span className="text-alert"> · {run.failed_calls} failed or denied</span>} ·{" "}
        {duration(length)}
      </span>
      <Risk run={run} />
      <Anomaly value={run.max_anomaly_score} />
      <span className="text-right text-xs text-muted sm:w-20">
        <Time at={run.ended_at} />
      </span>
    </div>
  );
}

/** The risk of a session that was judged, which leads to how it came about. */
function Risk({ run }: { run: Run }) {
  if (!run.id || run.risk === null || run.risk === undefined) return null;
  return (
    <span className={`text-xs ${run.is_alarm ? "text-alert" : "text-muted"}`}>
      <Link
        to="/sessions/$sessionId"
        params={{ sessionId: run.id }}
        data-leads={run.session_id === null ? true : undefined}
        className="hover:underline"
      >
        risk {run.risk.toFixed(2)}
      </Link>
      {run.verdict && ` · ${run.verdict}`}
      {isMuted(run) && " · muted"}
    </span>
  );
}

function isMuted({ muted_until }: Run): boolean {
  return Boolean(muted_until) && new Date(muted_until ?? "").getTime() > Date.now();
}

/** Why a session is an alarm; of others, the numbers say enough. */
function RiskReasons({ run }: { run: Run }) {
  if (!run.is_alarm || !run.risk_reasons) return null;
  return (
    <ul className="mt-0.5 text-xs text-muted">
      {run.risk_reasons.map((reason) => (
        <li key={reason.detector} className="name">
          {visible(reason.message)}
        </li>
      ))}
    </ul>
  );
}

function Timeline({ agentId, session }: { agentId: string; session: string }) {
  const events = useQuery({ ...eventsQuery(agentId, session, 200), refetchInterval: 5_000 });
  if (events.error && !events.data) return <Failure error={events.error} retry={() => void events.refetch()} />;
  if (!events.data) return <Skeleton rows={4} height={28} />;
  const { bars, milliseconds } = layOut(events.data);
  if (bars.length === 0) return <p className="py-2 text-muted">No event of this session is stored any more.</p>;
  return (
    <div className="mt-2 mb-1">
      <p className="mb-1 text-xs text-muted">
        {events.data.length === 200 ? "the last 200 calls" : count(bars.length, "call")} over {duration(milliseconds)}
      </p>
      <ol className="flex flex-col gap-1">
        {gather(bars).map((stretch) => (
          <Line key={stretch.worst.event_id} stretch={stretch} />
        ))}
      </ol>
    </div>
  );
}

function Line({ stretch: { bars, worst } }: { stretch: Stretch }) {
  const words = [
    ...(worst.status === "ok" ? [] : [worst.status]),
    ...worst.reasons.map((reason) => visible(reason.message)),
  ];
  return (
    <li className="grid grid-cols-[minmax(0,1fr)_56px] items-center gap-x-3 gap-y-0.5 sm:grid-cols-[minmax(110px,1fr)_minmax(0,2fr)_56px]">
      <span className="flex min-w-0 items-baseline gap-2">
        <UntrustedText mono className="min-w-0">
          {callName(worst)}
        </UntrustedText>
        {bars.length > 1 && <span className="text-xs whitespace-nowrap text-muted">{count(bars.length, "call")}</span>}
      </span>
      <div className="min-w-0 max-sm:order-last max-sm:col-span-2">
        <div className="relative h-2.5 rounded bg-raised">
          {bars.map(({ event, left, width }) => (
            <div
              key={event.event_id}
              className={`absolute h-full rounded ${event.status === "ok" ? "bg-link" : "bg-alert"}`}
              style={{ left: `${left}%`, width: `${width}%` }}
              title={`${event.status}, ${duration(event.duration_ms)}`}
            />
          ))}
        </div>
        {words.length > 0 && <p className="name mt-0.5 text-xs text-muted">{words.join(" · ")}</p>}
      </div>
      <Anomaly value={worst.anomaly_score} />
    </li>
  );
}

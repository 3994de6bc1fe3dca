import { useQuery } from "@tanstack/react-query";
import { riskHistoryQuery } from "../../api/queries";
import type { RiskHistory as History, RiskOfDay } from "../../api/types";
import { Failure } from "../../components/QueryStates";
import { count } from "../../lib/format";

const DAY = 86_400_000;

/** The riskiest session of each of the last 30 days, against the alert line. */
export function RiskHistory({ agentId }: { agentId: string }) {
  const history = useQuery(riskHistoryQuery(agentId));
  if (history.error && !history.data) return <Failure error={history.error} retry={() => void history.refetch()} />;
  if (!history.data || history.data.days.length === 0) return null;
  return <Chart history={history.data} />;
}

function Chart({ history }: { history: History }) {
  const alarms = history.days.reduce((sum, day) => sum + day.alarms, 0);
  return (
    <section aria-labelledby="risk-history" className="card mb-4 p-4">
      <h3 id="risk-history" className="heading mb-2">
        Highest risk of each day
      </h3>
      <div className="relative h-24 border-b border-line">
        <ol className="flex h-full items-end gap-px sm:gap-1">
          {daysOf(history).map(({ at, day }) => (
            <li key={at} className="flex h-full min-w-0 flex-1 items-end" title={inWords(at, day)}>
              <span
                className={`w-full rounded-t ${day && day.alarms > 0 ? "bg-alert" : "bg-link"}`}
                style={{ height: `${(day?.risk ?? 0) * 100}%` }}
              />
              {day && <span className="sr-only">{inWords(at, day)}</span>}
            </li>
          ))}
        </ol>
        <div
          className="absolute w-full border-t border-dashed border-text"
          style={{ bottom: `${history.alert_line * 100}%` }}
          aria-hidden="true"
        />
      </div>
      <p className="mt-1 flex flex-wrap justify-between gap-x-4 text-xs text-muted">
        <span>{history.since}</span>
        <span className="max-sm:order-last max-sm:basis-full">
          {alarms === 0 ? "no alarm" : count(alarms, "alarm")}; dashed: the alert line, {history.alert_line.toFixed(2)}
        </span>
        <span>{history.until}</span>
      </p>
    </section>
  );
}

/** All days from the first to the last, those without a session too. */
function daysOf({ since, until, days }: History): { at: string; day: RiskOfDay | undefined }[] {
  const byDay = new Map(days.map((day) => [day.day, day]));
  const first = Date.parse(since);
  const length = Math.round((Date.parse(until) - first) / DAY) + 1;
  return Array.from({ length }, (_, place) => {
    const at = new Date(first + place * DAY).toISOString().slice(0, 10);
    return { at, day: byDay.get(at) };
  });
}

function inWords(at: string, day: RiskOfDay | undefined): string {
  if (!day) return `${at}: no session`;
  const alarms = day.alarms > 0 ? `, ${count(day.alarms, "alarm")}` : "";
  return `${at}: ${count(day.sessions, "session")}, highest risk ${day.risk.toFixed(2)}${alarms}`;
}

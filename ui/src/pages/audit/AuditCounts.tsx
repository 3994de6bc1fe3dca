import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { auditSummaryQuery } from "../../api/queries";
import { actionName } from "../../lib/audit";
import { spanOf, timeInWords, useTime } from "../../lib/timeRange";

const route = getRouteApi("/shell/audit");
/** Without a chosen time, what is counted is the last week. */
const WEEK = "7d";

/** How often each thing was done in the chosen time, or in the last week; each count leads to its entries. */
export function AuditCounts() {
  const time = useTime() ?? WEEK;
  const { action: chosen } = route.useSearch();
  const summary = useQuery(auditSummaryQuery(spanOf(time))).data;
  if (!summary) return <div className="mb-4 h-7" />;
  return (
    <section aria-label="Actions in this time" className="mb-4 flex flex-wrap items-center gap-1.5">
      <span className="mr-1 text-muted">{timeInWords(time)}:</span>
      {summary.actions.length === 0 && <span className="text-muted">nothing</span>}
      {summary.actions.map(({ action, entries }) => (
        <Link
          key={action}
          from="/audit"
          to="/audit"
          search={(old) => ({ ...old, action: action === chosen ? undefined : action, time })}
          aria-current={action === chosen ? "true" : undefined}
          className={`button button-small ${action === chosen ? "border-link bg-raised" : ""}`}
        >
          {actionName(action)} <span className="font-normal text-muted">{entries.toLocaleString("en")}</span>
        </Link>
      ))}
    </section>
  );
}

import { useQuery } from "@tanstack/react-query";
import { activityQuery } from "../../api/queries";
import type { ToolActivity } from "../../api/types";
import { Empty, Failure, Skeleton } from "../../components/QueryStates";
import { Time } from "../../components/Time";
import { UntrustedText } from "../../components/UntrustedText";
import { byHour, ceiling, HOURS, isLearning } from "../../lib/activity";
import { count, plain } from "../../lib/format";

const WIDTH = 336;
const HEIGHT = 64;

/** One small chart a tool: calls hour by hour over a week, and the band that is expected. */
export function Baselines({ agentId }: { agentId: string }) {
  const activity = useQuery(activityQuery(agentId));
  if (activity.error && !activity.data) return <Failure error={activity.error} retry={() => void activity.refetch()} />;
  if (!activity.data) return <Skeleton rows={3} height={120} />;
  if (activity.data.length === 0)
    return <Empty title="No tool called yet">What is normal for a tool is learned from its calls.</Empty>;
  return (
    <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-3">
      {activity.data.map((tool) => (
        <li key={tool.tool_name} className="card min-w-0 p-3">
          <div className="flex items-start justify-between gap-2">
            <UntrustedText mono className="min-w-0 font-medium">
              {tool.tool_name}
            </UntrustedText>
            <span className="text-xs whitespace-nowrap text-muted">
              <Time at={tool.last_called_at} />
            </span>
          </div>
          <WeekChart tool={tool} />
          <p className="text-xs text-muted">{isLearning(tool) ? <Learning tool={tool} /> : normal(tool)}</p>
        </li>
      ))}
    </ul>
  );
}

function normal(tool: ToolActivity): string {
  const limit = tool.limit_calls_per_hour === null ? "" : `; more than ${plain(tool.limit_calls_per_hour)} is unusual`;
  const calls = plain(tool.mean_calls_per_hour);
  return `usually ${calls} ${calls === "1" ? "call" : "calls"} in an active hour${limit}`;
}

/** Not knowing yet is grey, and says how far it has come. */
function Learning({ tool }: { tool: ToolActivity }) {
  return (
    <>
      <span className="chip mr-1">learning</span>
      {tool.sample_count} of {tool.samples_needed} active hours, {count(tool.total_calls, "call")} so far
    </>
  );
}

function WeekChart({ tool }: { tool: ToolActivity }) {
  const hours = byHour(tool, Date.now());
  const top = ceiling(tool) * 1.1;
  const y = (calls: number) => HEIGHT - (calls / top) * HEIGHT;
  const limit = tool.limit_calls_per_hour;
  const width = WIDTH / HOURS;
  const most = Math.max(...hours);
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT + 1}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`Calls per hour over 7 days, ${most} at most${limit === null ? "" : `, expected up to ${plain(limit)}`}`}
      className="my-2 h-16 w-full"
    >
      {limit !== null && <rect x="0" y={y(limit)} width={WIDTH} height={HEIGHT - y(limit)} fill="var(--c-raised)" />}
      {hours.map((calls, hour) =>
        calls ? (
          <rect
            key={hour}
            x={hour * width}
            y={y(calls)}
            width={Math.max(1.4, width - 0.3)}
            height={HEIGHT - y(calls)}
            fill={limit !== null && calls > limit ? "var(--c-alert)" : "var(--c-link)"}
          />
        ) : null,
      )}
      <line x1="0" x2={WIDTH} y1={HEIGHT + 0.5} y2={HEIGHT + 0.5} stroke="var(--c-line)" />
    </svg>
  );
}

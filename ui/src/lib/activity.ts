/** A week of calls, hour by hour, as a small chart reads it. */
import type { ToolActivity } from "../api/types";

export const HOURS = 168;
const HOUR_MS = 3_600_000;

/** Calls in each of the last 168 hours, the oldest first; hours without a call are 0. */
export function byHour(tool: ToolActivity, now: number): number[] {
  const calls = new Array<number>(HOURS).fill(0);
  const running = Math.floor(now / HOUR_MS);
  for (const hour of tool.hours) {
    const age = running - Math.floor(new Date(hour.hour).getTime() / HOUR_MS);
    if (age >= 0 && age < HOURS) calls[HOURS - 1 - age] = hour.calls;
  }
  return calls;
}

export function isLearning(tool: ToolActivity): boolean {
  return tool.sample_count < tool.samples_needed;
}

/** The top of the chart: the busiest hour, or the band if that is higher. */
export function ceiling(tool: ToolActivity): number {
  return Math.max(1, tool.limit_calls_per_hour ?? 0, ...tool.hours.map((hour) => hour.calls));
}

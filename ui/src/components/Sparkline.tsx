import type { Status } from "../api/types";
import { STATUS_COLOR } from "../lib/status";

/** Seconds since 1970, and the score from then on. */
type Point = [number, number];

const WIDTH = 96;
const HEIGHT = 24;
const WEEK_MS = 7 * 86_400_000;

/** Where a step line over the last week, or an agent's shorter life, goes: scores step, they do not glide. */
export function stepPath(points: Point[], now: number): string {
  const first = points[0];
  if (!first) return "";
  const from = Math.max(now - WEEK_MS, Math.min(first[0] * 1000, now - 1));
  const x = (at: number) => Math.max(0, ((at * 1000 - from) / (now - from)) * WIDTH);
  const y = (score: number) => HEIGHT - 2 - (score / 100) * (HEIGHT - 4);
  const steps = points.slice(1).map(([at, trust]) => `H${x(at).toFixed(1)}V${y(trust).toFixed(1)}`);
  return `M${x(first[0]).toFixed(1)} ${y(first[1]).toFixed(1)}${steps.join("")}H${WIDTH}`;
}

/** A week of trust as a step line. */
export function Sparkline({ points, status }: { points: Point[]; status: Status | "UNKNOWN" }) {
  const last = points.at(-1);
  if (!last || status === "UNKNOWN") return <span className="text-muted">–</span>;
  const lowest = Math.min(...points.map(([, trust]) => trust));
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`Trust over 7 days: now ${last[1].toFixed(1)}, lowest ${lowest.toFixed(1)}`}
      className={STATUS_COLOR[status]}
    >
      <path d={stepPath(points, Date.now())} fill="none" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}

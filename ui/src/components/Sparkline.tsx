import type { Status } from "../api/types";
import { STATUS_COLOR } from "../lib/status";

interface Point {
  at: string;
  trust_score: number;
}

const WIDTH = 96;
const HEIGHT = 24;
const WEEK_MS = 7 * 86_400_000;

/** Where a step line over the last week, or an agent's shorter life, goes: scores step, they do not glide. */
export function stepPath(points: Point[], now: number): string {
  const first = points[0];
  if (!first) return "";
  const from = Math.max(now - WEEK_MS, Math.min(new Date(first.at).getTime(), now - 1));
  const x = (at: string) => Math.max(0, ((new Date(at).getTime() - from) / (now - from)) * WIDTH);
  const y = (score: number) => HEIGHT - 2 - (score / 100) * (HEIGHT - 4);
  const steps = points.slice(1).map((point) => `H${x(point.at).toFixed(1)}V${y(point.trust_score).toFixed(1)}`);
  return `M${x(first.at).toFixed(1)} ${y(first.trust_score).toFixed(1)}${steps.join("")}H${WIDTH}`;
}

/** A week of trust as a step line. */
export function Sparkline({ points, status }: { points: Point[]; status: Status | "UNKNOWN" }) {
  const last = points.at(-1);
  if (!last || status === "UNKNOWN") return <span className="text-muted">–</span>;
  const lowest = Math.min(...points.map((point) => point.trust_score));
  return (
    <svg
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
      width={WIDTH}
      height={HEIGHT}
      role="img"
      aria-label={`Trust over 7 days: now ${last.trust_score.toFixed(1)}, lowest ${lowest.toFixed(1)}`}
      className={STATUS_COLOR[status]}
    >
      <path d={stepPath(points, Date.now())} fill="none" stroke="currentColor" strokeWidth="1.5" />
    </svg>
  );
}

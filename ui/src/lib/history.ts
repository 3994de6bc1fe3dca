/** The score's history as a chart reads it. */
import type { ScorePoint } from "../api/types";
import { plain } from "./format";

interface Cause {
  part?: string;
  from?: number | null;
  to?: number;
  new_events?: number;
  finding?: string;
  change?: string;
}

/** When findings came or went, in seconds: marked on the line. */
export function marks(points: ScorePoint[]): number[] {
  return points.filter(isMarked).map((point) => new Date(point.recorded_at).getTime() / 1000);
}

/** Oldest first, and one more point for now, since a step line ends where its last step was. */
export function toSeries(points: ScorePoint[], now: number): { times: number[]; scores: number[] } {
  const ordered = [...points].reverse();
  const times = ordered.map((point) => new Date(point.recorded_at).getTime() / 1000);
  const scores = ordered.map((point) => point.trust_score);
  const last = scores.at(-1);
  if (last !== undefined) {
    times.push(Math.max(now / 1000, times.at(-1)!));
    scores.push(last);
  }
  return { times, scores };
}

/** What moved a score, in words: findings first, by their titles where these are known, then the parts. */
export function causesInWords(point: ScorePoint, titles: Record<string, string> = {}): string[] {
  const causes = point.causes as Cause[];
  const findings = causes
    .filter((cause) => cause.finding)
    .map((cause) => `${cause.change}: ${titles[cause.finding!] ?? cause.finding}`);
  const parts = causes
    .filter((cause) => cause.part && !(cause.part === "posture" && findings.length))
    .map((cause) => {
      const events = cause.new_events ? ` after ${cause.new_events} events` : "";
      const from = cause.from === null || cause.from === undefined ? "" : `${plain(cause.from)} → `;
      return `${cause.part === "behavior" ? "behaviour" : cause.part} ${from}${plain(cause.to ?? 0)}${events}`;
    });
  return [...findings, ...parts];
}

/** A point that people should see marked: findings came or went. */
export function isMarked(point: ScorePoint): boolean {
  return (point.causes as Cause[]).some((cause) => cause.finding);
}

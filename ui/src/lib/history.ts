/** The score's history as a chart reads it. */
import type { ScorePoint, ScoreSeries } from "../api/types";
import { plain, score } from "./format";

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

/** A step line, and the lowest and highest value of each part of it. Times are in seconds. */
export interface Series {
  times: number[];
  scores: number[];
  lowest: number[];
  highest: number[];
}

/** From the first score of the span to its end: a step line ends where its last step was. */
export function toSeries({ before, buckets, since, until }: ScoreSeries): Series {
  const seconds = (at: string) => Date.parse(at) / 1000;
  const first = before === null ? [] : [{ time: seconds(since), last: before, lowest: before, highest: before }];
  const steps = buckets.map((bucket) => ({ ...bucket, time: seconds(bucket.at) }));
  // A change in the very first part begins where the span does.
  const all = [...first.filter(({ time }) => steps[0]?.time !== time), ...steps];
  const last = all.at(-1);
  if (last) all.push({ time: seconds(until), last: last.last, lowest: last.last, highest: last.last });
  return {
    times: all.map((step) => step.time),
    scores: all.map((step) => step.last),
    lowest: all.map((step) => step.lowest),
    highest: all.map((step) => step.highest),
  };
}

/** What the line shows, for readers who do not see it. */
export function seriesInWords(answer: ScoreSeries): string {
  const { scores, lowest, highest } = toSeries(answer);
  if (scores.length === 0) return "Trust over time: not scored";
  return `Trust over time, now ${score(scores.at(-1))}, at first ${score(scores[0])}, lowest ${score(Math.min(...lowest))}, highest ${score(Math.max(...highest))}`;
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

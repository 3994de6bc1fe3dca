/** Charts of counts over time: which part of the time the pointer is on, and what a part is called. */
import { clock, moment } from "./format";
import { timeBetween } from "./timeRange";
import { timeZone } from "./zone";

/** Parts of equal length, from the first on; both in seconds. */
export interface Parts {
  first: number;
  seconds: number;
  number: number;
}

const DAY = 86_400;

export function partsOf({
  since,
  bucket_seconds,
  buckets,
}: {
  since: string;
  bucket_seconds: number;
  buckets: unknown[];
}): Parts {
  return { first: Date.parse(since) / 1000, seconds: bucket_seconds, number: buckets.length };
}

/** The part at a place between 0 and 1 of the chart's width. */
export function partAt(place: number, { number }: Parts): number {
  return Math.max(0, Math.min(number - 1, Math.floor(place * number)));
}

/** The time from one part to another, both included, as it stands in an address. */
export function timeOfParts(one: number, other: number, { first, seconds }: Parts): string {
  const [from, to] = [Math.min(one, other), Math.max(one, other) + 1];
  return timeBetween((first + from * seconds) * 1000, (first + to * seconds) * 1000);
}

/** A part in words: a day, or when it begins and ends. */
export function partInWords(part: number, { first, seconds }: Parts): string {
  const from = new Date((first + part * seconds) * 1000);
  const to = new Date(from.getTime() + seconds * 1000);
  if (seconds === DAY && isMidnight(from)) return dayOf(from);
  if (seconds >= DAY) return `${moment(from, "minutes")} to ${moment(to, "minutes")}`;
  return `${moment(from, "minutes")} to ${clock(to).slice(0, 5)}`;
}

/** Labels below a chart: the beginning of its first part, of one in the middle, and its end. */
export function axisLabels(parts: Parts): string[] {
  const { first, seconds, number } = parts;
  const ends = [first, first + Math.round(number / 2) * seconds, first + number * seconds];
  return ends.map((end) => (seconds >= DAY ? dayOf(new Date(end * 1000)) : moment(end * 1000, "minutes")));
}

function dayOf(at: Date): string {
  return at.toLocaleDateString(undefined, { month: "short", day: "numeric", timeZone: timeZone() });
}

function isMidnight(at: Date): boolean {
  return at.toLocaleTimeString("en-GB", { timeZone: timeZone() }) === "00:00:00";
}

/** The span of time that the pages show, as it stands in the address: `24h`, or `FROM..TO` in ISO 8601. */
import { useSearch } from "@tanstack/react-router";
import { absolute, moment } from "./format";
import type { Zone } from "./zone";

/** The parameters of the API; both are absent for any time. */
export interface Span {
  since?: string | undefined;
  until?: string | undefined;
}

export const PRESETS = ["1h", "24h", "7d", "30d"] as const;

const IN_WORDS: Record<string, string> = {
  "1h": "Last hour",
  "24h": "Last 24 hours",
  "7d": "Last 7 days",
  "30d": "Last 30 days",
};
const RELATIVE = /^([1-9]\d{0,4})([mhd])$/;
const MILLISECONDS: Record<string, number> = { m: 60_000, h: 3_600_000, d: 86_400_000 };
const LONGEST_DAYS = 400;

/** What the address says of time, if it means something. */
export function validTime(raw: unknown): string | undefined {
  if (typeof raw !== "string") return undefined;
  if (isRelative(raw)) return raw;
  const ends = raw.split("..").map((end) => Date.parse(end));
  const [from, to] = ends;
  return ends.length === 2 && from !== undefined && to !== undefined && from < to ? raw : undefined;
}

function isRelative(text: string): boolean {
  const [, length, unit] = RELATIVE.exec(text) ?? [];
  return unit !== undefined && (Number(length) * MILLISECONDS[unit]!) / MILLISECONDS.d! <= LONGEST_DAYS;
}

export function spanOf(time: string | undefined): Span {
  if (time === undefined) return {};
  if (isRelative(time)) return { since: time };
  const [since, until] = time.split("..");
  return { since, until };
}

/** Both ends in milliseconds, for a chart. */
export function endsOf(time: string, now: number): [number, number] {
  const { since = "", until } = spanOf(time);
  const [, length, unit] = RELATIVE.exec(since) ?? [];
  const from = unit === undefined ? Date.parse(since) : now - Number(length) * MILLISECONDS[unit]!;
  return [from, until === undefined ? now : Date.parse(until)];
}

export function timeBetween(from: number, to: number): string {
  return `${new Date(from).toISOString().slice(0, 19)}Z..${new Date(to).toISOString().slice(0, 19)}Z`;
}

/** The span in words, short enough for a button. */
export function timeInWords(time: string | undefined): string {
  if (time === undefined) return "Any time";
  const preset = IN_WORDS[time];
  if (preset) return preset;
  if (isRelative(time)) return `Last ${time}`;
  const [from, to] = endsOf(time, 0);
  const [first, last] = [moment(from, "minutes"), moment(to, "minutes")];
  const isOneDay = dayOf(from) === dayOf(to);
  return `${first} – ${isOneDay ? (last.split(", ").at(-1) ?? last) : last}`;
}

/** Both ends in full with their zone. */
export function timeInFull(time: string): string {
  const [from, to] = endsOf(time, Date.now());
  return `${absolute(new Date(from))} – ${absolute(new Date(to))}`;
}

function dayOf(at: number): string {
  return absolute(new Date(at)).replace(/,[^,]*$/, "");
}

const DAY = String.raw`(today|yesterday|\d{4}-\d{2}-\d{2})`;
const CLOCK = String.raw`(\d{1,2})(?::(\d{2}))?`;
const ON_A_DAY = new RegExp(String.raw`^(?:${DAY}\s+)?${CLOCK}\s*(?:-|–|to)\s*${CLOCK}$`);
const WHOLE_DAYS = new RegExp(String.raw`^${DAY}(?:\s*(?:\.\.|–|to|\s-\s)\s*${DAY})?$`);

/** A span as people type it: `yesterday 14:00-15:00`, `2026-11-28`, `90m`, `last 7 days`. Undefined if it is none. */
export function readTime(typed: string, now: Date, zone: Zone): string | undefined {
  const text = typed.trim().toLowerCase().replace(/\s+/g, " ");
  const relative = /^(?:last )?(\d+) ?(m|min|minutes?|h|hours?|d|days?)$/.exec(text);
  if (relative) return validTime(`${relative[1]}${relative[2]![0]}`);
  const clocks = ON_A_DAY.exec(text);
  if (clocks) {
    const [, day = "today", fromHour, fromMinute = "0", toHour, toMinute = "0"] = clocks;
    const from = at(day, Number(fromHour), Number(fromMinute), now, zone);
    const to = at(day, Number(toHour), Number(toMinute), now, zone);
    return from !== undefined && to !== undefined && from < to ? timeBetween(from, to) : undefined;
  }
  const days = WHOLE_DAYS.exec(text);
  if (!days) return undefined;
  const from = at(days[1]!, 0, 0, now, zone);
  const to = at(days[2] ?? days[1]!, 24, 0, now, zone);
  return from !== undefined && to !== undefined && from < to ? timeBetween(from, to) : undefined;
}

function at(day: string, hour: number, minute: number, now: Date, zone: Zone): number | undefined {
  if (hour > 24 || minute > 59) return undefined;
  const isUtc = zone === "utc";
  const [y, m, d] = /^\d/.test(day)
    ? [Number(day.slice(0, 4)), Number(day.slice(5, 7)) - 1, Number(day.slice(8, 10))]
    : isUtc
      ? [now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate()]
      : [now.getFullYear(), now.getMonth(), now.getDate()];
  const date = day === "yesterday" ? d - 1 : d;
  const made = isUtc ? Date.UTC(y, m, date, hour, minute) : new Date(y, m, date, hour, minute).getTime();
  return Number.isNaN(made) ? undefined : made;
}

/** What the address of this page says of time. */
export function useTime(): string | undefined {
  return useSearch({ strict: false, select: (search) => (search as { time?: string }).time });
}

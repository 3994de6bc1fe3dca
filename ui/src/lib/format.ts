/** Numbers, times and names as people read them. */
import { timeZone } from "./zone";

export const NONE = "–";

/** A score with one decimal; a dash when there is none. */
export function score(value: number | null | undefined): string {
  return value === null || value === undefined ? NONE : value.toFixed(1);
}

/** 0.45 stays 0.45, 40 stays 40: as many decimals as needed, two at most. */
export function plain(value: number): string {
  return String(Math.round(value * 100) / 100);
}

/** A gain with its sign. */
export function signed(value: number): string {
  return `${value > 0 ? "+" : value < 0 ? "−" : "±"}${plain(Math.abs(value))}`;
}

const UNITS: [string, number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** How long ago (or ahead) a moment is: "now", "12 s ago", "in 3 d". */
export function relative(at: string | Date, now: Date = new Date()): string {
  const seconds = Math.round((now.getTime() - new Date(at).getTime()) / 1000);
  if (Math.abs(seconds) < 2) return "now";
  const [unit, size] = UNITS.find(([, size]) => Math.abs(seconds) >= size) ?? ["s", 1];
  const count = Math.floor(Math.abs(seconds) / size);
  return seconds > 0 ? `${count} ${unit} ago` : `in ${count} ${unit}`;
}

/** A moment in full, always with its zone. */
export function absolute(at: string | Date): string {
  return new Date(at).toLocaleString(undefined, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
    timeZone: timeZone(),
  });
}

/** Time of day, to the second. */
export function clock(at: string | Date): string {
  return new Date(at).toLocaleTimeString(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZone: timeZone(),
  });
}

/** Time of day, with the date where the day is not today. */
export function moment(at: string | number | Date, to: "minutes" | "seconds" = "seconds"): string {
  const date = new Date(at);
  const isToday =
    date.toLocaleDateString("en", { timeZone: timeZone() }) ===
    new Date().toLocaleDateString("en", { timeZone: timeZone() });
  const time = to === "seconds" ? clock(date) : clock(date).slice(0, 5);
  if (isToday) return time;
  const isThisYear = date.getFullYear() === new Date().getFullYear();
  const day = date.toLocaleDateString(undefined, {
    day: "numeric",
    month: "short",
    year: isThisYear ? undefined : "numeric",
    timeZone: timeZone(),
  });
  return `${day}, ${time}`;
}

export function duration(milliseconds: number | null | undefined): string {
  if (milliseconds === null || milliseconds === undefined) return NONE;
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 59_950) return `${(milliseconds / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(milliseconds / 60_000);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
}

/** The places in a tool's name where a line may end: after _ - . / : and between camel humps. */
export function breakable(name: string): string[] {
  return name.split(/(?<=[_\-./:])|(?<=[a-z0-9])(?=[A-Z])/u);
}

/** A tool with what the call does with it, if that is known: `Bash · git`. */
export function callName({ tool_name, operation }: { tool_name: string; operation?: string | null }): string {
  return operation ? `${tool_name} · ${operation}` : tool_name;
}

/** Names hold what strangers wrote: show characters that would be invisible or turn the text round. */
export function visible(name: string): string {
  return name.replace(
    /[\p{Cc}\p{Cf}\u2028\u2029\u115f\u1160\u3164\uffa0]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}

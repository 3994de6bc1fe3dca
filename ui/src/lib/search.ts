/** What may stand in an address after the question mark. Anything else is dropped, not believed. */
import type { FindingStatus, Monitoring, Severity, Status } from "../api/types";
import { ACTIONS } from "./audit";
import { CHANNELS, EVENT_STATUSES } from "./events";
import { SEVERITIES, STATUSES } from "./status";
import { validTime } from "./timeRange";

type Raw = Record<string, unknown>;

export const MONITORING: Monitoring[] = ["active", "silent", "learning", "never_seen", "unmonitored"];
export const SORTS = ["trust", "name", "posture", "behavior", "events", "findings", "seen"] as const;
export type Sort = (typeof SORTS)[number];
export const COLUMNS = ["trend", "posture", "behavior", "events", "findings", "seen"] as const;
export type Column = (typeof COLUMNS)[number];
export const TABS = [
  "overview",
  "findings",
  "grants",
  "sessions",
  "baselines",
  "mcp",
  "events",
  "keys",
  "audit",
] as const;
export type Tab = (typeof TABS)[number];
export const GROUPS = ["rule", "severity", "owner", "agent"] as const;
/** Orders of findings, beside the worst first. */
export const FINDING_SORTS = ["due"] as const;
export type Group = (typeof GROUPS)[number];
export const FINDING_STATUSES: FindingStatus[] = ["OPEN", "ACKNOWLEDGED", "RESOLVED"];

function text(value: unknown): string | undefined {
  const words = typeof value === "number" ? String(value) : value;
  return typeof words === "string" && words !== "" ? words.slice(0, 300) : undefined;
}

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function id(value: unknown): string | undefined {
  return typeof value === "string" && ID.test(value) ? value : undefined;
}

/** Ways through an agent by which capabilities are filtered. */
export const WAYS = ["paths", "exfiltration", "injection"] as const;

/** How capabilities are shown, beside the map. */
export const CAPABILITY_SHOWS = ["matrix"] as const;

function one<T extends string>(value: unknown, known: readonly T[]): T | undefined {
  return known.find((each) => each === value);
}

export function signIn(raw: Raw) {
  const next = text(raw.next);
  // Only a path of our own: "//elsewhere" would be another host.
  const isOwn = next?.startsWith("/") && !next.startsWith("//") && !next.includes("\\");
  return { next: isOwn ? next : undefined, ended: raw.ended === true ? true : undefined };
}

/** What holds on every page. */
export function shell(raw: Raw): { time?: string | undefined } {
  // Without a key where there is none: what is not named is kept from the page before.
  return "time" in raw ? { time: validTime(raw.time) } : {};
}

export function agents(raw: Raw) {
  const hidden = (text(raw.hide) ?? "").split(",").filter((name) => one(name, COLUMNS));
  return {
    q: text(raw.q),
    status: one<Status>(raw.status, STATUSES),
    team: text(raw.team),
    capability: text(raw.capability),
    monitoring: one<Monitoring>(raw.monitoring, MONITORING),
    sort: one(raw.sort, SORTS),
    desc: raw.desc === true ? true : undefined,
    hide: hidden.length ? hidden.join(",") : undefined,
  };
}

export function agent(raw: Raw) {
  return { tab: one(raw.tab, TABS), session: text(raw.session), finding: text(raw.finding), event: id(raw.event) };
}

export function session(raw: Raw) {
  return { event: id(raw.event) };
}

export function findings(raw: Raw) {
  return {
    q: text(raw.q),
    status: raw.status === "ALL" ? ("ALL" as const) : one(raw.status, FINDING_STATUSES),
    severity: one<Severity>(raw.severity, SEVERITIES),
    rule: text(raw.rule)?.slice(0, 64),
    team: text(raw.team)?.slice(0, 128),
    agent: id(raw.agent),
    assignee: text(raw.assignee)?.slice(0, 255),
    overdue: raw.overdue === true ? (true as const) : undefined,
    group: one(raw.group, GROUPS),
    sort: one(raw.sort, FINDING_SORTS),
    finding: id(raw.finding),
  };
}

export function events(raw: Raw) {
  const from = Number(raw.from);
  return {
    agent: id(raw.agent),
    team: text(raw.team)?.slice(0, 128),
    tool: text(raw.tool)?.slice(0, 255),
    status: one(raw.status, EVENT_STATUSES),
    channel: one(raw.channel, CHANNELS),
    session: text(raw.session)?.slice(0, 255),
    q: text(raw.q),
    from: Number.isFinite(from) && from > 0 && from <= 1 ? from : undefined,
    event: id(raw.event),
  };
}

export function audit(raw: Raw) {
  return { action: one(raw.action, ACTIONS), actor: text(raw.actor)?.slice(0, 255) };
}

export function capabilities(raw: Raw) {
  return {
    agent: text(raw.agent),
    only: one(raw.only, WAYS),
    team: text(raw.team),
    q: text(raw.q),
    show: one(raw.show, CAPABILITY_SHOWS),
  };
}

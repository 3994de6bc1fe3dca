/** The four bands of trust and the four severities: their order, words and colours, the same everywhere. */
import type { Severity, Status } from "../api/types";

export const STATUSES: Status[] = ["CRITICAL", "ALERT", "WATCH", "TRUSTED"];
export const SEVERITIES: Severity[] = ["CRITICAL", "HIGH", "MEDIUM", "LOW"];

/** CRITICAL as a word among words: Critical. */
export function inWords(value: string): string {
  return value.charAt(0) + value.slice(1).toLowerCase();
}

export const STATUS_COLOR: Record<Status, string> = {
  CRITICAL: "text-critical",
  ALERT: "text-alert",
  WATCH: "text-watch",
  TRUSTED: "text-trusted",
};

export const SEVERITY_COLOR: Record<Severity, string> = {
  CRITICAL: "text-critical",
  HIGH: "text-alert",
  MEDIUM: "text-watch",
  LOW: "text-link",
};

/** An agent that was never scored is unknown, whatever its row says. */
export function bandOf(agent: { status: Status; trust_score: number | null }): Status | "UNKNOWN" {
  return agent.trust_score === null ? "UNKNOWN" : agent.status;
}

/** Colour of an anomaly, 0..1: as loud as it is unusual. */
export function anomalyColor(anomaly: number | null): string {
  if (anomaly === null) return "text-muted";
  if (anomaly >= 0.8) return "text-critical";
  if (anomaly >= 0.7) return "text-alert";
  if (anomaly >= 0.5) return "text-watch";
  return "text-trusted";
}

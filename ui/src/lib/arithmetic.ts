/** A Trust Score as a sum that a person can check. */
import type { Change, Explanation, Grant } from "../api/types";
import { plain } from "./format";

export interface Line {
  label: string;
  sum: string;
  points: number;
}

const LABELS = { posture: "Posture", behavior: "Behaviour", recency: "Recency" } as const;

/** One line for each part: weight x value = points. */
export function lines({ parts }: Explanation): Line[] {
  return parts.map(({ part, weight, value, points }) => ({
    label: LABELS[part],
    sum: part === "recency" ? "" : `${plain(weight)} × ${plain(value)}`,
    points,
  }));
}

/** What the posture score is: 100 less each finding's points, never under 0. */
export function postureSum({ deductions }: Explanation): { taken: number; left: number; isClipped: boolean } {
  const taken = deductions.reduce((sum, { points }) => sum + points, 0);
  return { taken, left: Math.max(0, 100 - taken), isClipped: taken > 100 };
}

const VERBS = {
  remove_grant: "Remove the grant",
  remove_capability: "Remove every grant with",
  set_rate_limit: "Set a rate limit for",
  set_rate_limits: "Set a rate limit for",
  remove_connection: "Remove the connection",
} as const;

export function describeChange(change: Change): string {
  return VERBS[change.action];
}

/** The grants that a suggested change is about; none for one of a connection. */
export function grantsOf(change: Change, grants: Grant[]): Grant[] {
  switch (change.action) {
    case "remove_grant":
    case "set_rate_limit":
      return grants.filter((grant) => grant.id === change.target_id);
    case "remove_capability":
      return grants.filter((grant) => grant.capabilities.includes(change.target));
    case "set_rate_limits":
      return grants.filter((grant) => grant.rate_limit_per_hour === null);
    case "remove_connection":
      return [];
  }
}

/** The changes worth showing: those that gain something; without any, those that at least resolve a finding. */
export function bestChanges(changes: Change[], most: number): Change[] {
  const gaining = changes.filter(({ gain }) => gain > 0);
  return (gaining.length ? gaining : changes).slice(0, most);
}

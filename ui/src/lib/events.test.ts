import { expect, test } from "vitest";
import type { EventRecord } from "../api/types";
import { filtersOf, fits, isNarrowed } from "./events";

const EVENT = {
  event_id: "e",
  agent_id: "a",
  agent_name: "Invoice-Bot",
  tool_name: "Bash",
  operation: "git",
  server_name: null,
  status: "error",
  session_id: "run-1",
  tool_call_id: "toolu_7",
  channel: "hook",
  trace_id: "abcd",
  policy_rule: null,
  anomaly_score: 0.7,
  reasons: [{ detector: "RATE", score: 0.7, message: "Forty times the usual pace" }],
} as unknown as EventRecord;
const TEAMS = new Map([["a", "finance"]]);

test.each([
  {},
  { agent: "a", team: "finance", tool: "Bash", status: "error", channel: "hook", session: "run-1", from: 0.7 } as const,
  { q: "invoice GIT pace" },
  { q: "toolu_7 abcd rate" },
])("an event passes filters that all fit: %o", (search) => {
  expect(fits(EVENT, filtersOf(search), TEAMS)).toBe(true);
});

test.each([
  { agent: "b" },
  { team: "sales" },
  { tool: "bash" },
  { status: "ok" } as const,
  { channel: "sdk" } as const,
  { session: "run" },
  { from: 0.71 },
  { q: "git pull" },
])("an event does not pass when one does not: %o", (search) => {
  expect(fits(EVENT, filtersOf(search), TEAMS)).toBe(false);
});

test("agent and time alone do not narrow a search", () => {
  expect(isNarrowed({ agent: "a", time: "30d" })).toBe(false);
  expect(isNarrowed({ tool: "Bash" })).toBe(true);
});

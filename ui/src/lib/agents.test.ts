import { describe, expect, it } from "vitest";
import type { AgentSummary } from "../api/types";
import { compareTrust, countByStatus, distribution, matches, saysLittle, verdict } from "./agents";

function agent(fields: Partial<AgentSummary>): AgentSummary {
  return {
    id: "1",
    name: "invoice-bot",
    agent_type: "llm_agent",
    model: "unknown",
    owner_team: "finance",
    description: null,
    status: "WATCH",
    trust_score: 70,
    posture_score: 70,
    behavior_score: 70,
    recency_bonus: 0,
    last_scored_at: null,
    monitoring: "active",
    suspended_at: null,
    suspended_reason: null,
    created_at: "2026-11-22T19:49:06Z",
    updated_at: "2026-11-22T19:49:06Z",
    open_findings: 0,
    critical_findings: 0,
    worst_finding: null,
    worst_severity: null,
    events_last_hour: 0,
    last_seen_at: null,
    trend: [],
    capabilities: [],
    missing_sessions: 0,
    reason: null,
    silent_since: null,
    silent_after_hours: null,
    needs_attention: false,
    ...fields,
  };
}

describe("the verdict", () => {
  it("puts what needs attention before everything else", () => {
    expect(verdict([agent({ needs_attention: true }), agent({ needs_attention: true }), agent({})])).toBe(
      "2 agents need attention",
    );
    expect(verdict([agent({ needs_attention: true })])).toBe("1 agent needs attention");
  });
  it("does not call an agent with an open critical finding nothing urgent", () => {
    expect(verdict([agent({ critical_findings: 1, needs_attention: true })])).toBe("1 agent needs attention");
  });
  it("names agents that stopped reporting where nothing is worse", () => {
    const silent = agent({ monitoring: "silent", status: "TRUSTED", trust_score: 96 });
    expect(verdict([silent, agent({})])).toBe("Nothing urgent. 1 agent has stopped reporting");
    expect(verdict([silent, agent({ needs_attention: true })])).toBe("1 agent needs attention");
    expect([saysLittle(silent), saysLittle(agent({}))]).toEqual([true, false]);
  });
  it("is quiet when all is well, and says when nothing is known", () => {
    expect(verdict([agent({ status: "TRUSTED", trust_score: 90 })])).toBe("All is well");
    expect(verdict([agent({ trust_score: null })])).toBe("Nothing scored yet");
  });
});

describe("counters", () => {
  it("count no agent that was never scored", () => {
    expect(countByStatus([agent({ trust_score: null }), agent({})])).toEqual({
      CRITICAL: 0,
      ALERT: 0,
      WATCH: 1,
      TRUSTED: 0,
    });
  });
  it("put a score of 100 into the last tenth", () => {
    expect(
      distribution([
        agent({ trust_score: 100 }),
        agent({ trust_score: 0 }),
        agent({ trust_score: 99.9 }),
        agent({ trust_score: null }),
      ]),
    ).toEqual([1, 0, 0, 0, 0, 0, 0, 0, 0, 2]);
  });
});

describe("filters", () => {
  it("need every word, anywhere, in any case", () => {
    expect(matches(agent({}), { q: "FINANCE invoice" })).toBe(true);
    expect(matches(agent({}), { q: "invoice sales" })).toBe(false);
  });
  it("find an id by its beginning, and no other agent by digits that stand somewhere in one", () => {
    const one = agent({ id: "01a2141a-349f-728b-86d1-75c3cd06b21f" });
    expect(matches(one, { q: "01A2141a-349f" })).toBe(true);
    expect(matches(one, { q: "349f" })).toBe(false);
  });
  it("never find an unscored agent by a status it does not really have", () => {
    expect(matches(agent({ trust_score: null }), { status: "WATCH" })).toBe(false);
  });
  it("find by team and capability exactly", () => {
    expect(matches(agent({ capabilities: ["secrets"] }), { team: "finance", capability: "secrets" })).toBe(true);
    expect(matches(agent({}), { team: "fin" })).toBe(false);
  });
});

it("sorts the worst first and the unknown last", () => {
  const scores = [null, 90, 10, 39.9, 60].map((trust_score) =>
    agent({
      trust_score,
      status: trust_score === null || trust_score === 60 ? "WATCH" : trust_score < 40 ? "CRITICAL" : "TRUSTED",
    }),
  );
  expect(scores.sort(compareTrust).map((one) => one.trust_score)).toEqual([10, 39.9, 60, 90, null]);
});

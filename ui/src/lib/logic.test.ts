import { describe, expect, it } from "vitest";
import type { AgentSummary, Change, EventRecord, Explanation, ScorePoint, ToolActivity } from "../api/types";
import { byHour, ceiling, HOURS, isLearning } from "./activity";
import { bestChanges, lines, postureSum } from "./arithmetic";
import { isFirstAwaited } from "./demo";
import { toCsv } from "./export";
import { Buffer, Rate } from "./feed";
import { filtersOf, filtersOfGroup, findingsVerdict } from "./findings";
import { causesInWords, isMarked, seriesInWords, toSeries } from "./history";
import * as search from "./search";
import { gather, layOut } from "./timeline";

describe("the score's arithmetic", () => {
  const explanation = {
    parts: [
      { part: "posture", weight: 0.45, value: 35, points: 15.75 },
      { part: "behavior", weight: 0.45, value: 20, points: 9 },
      { part: "recency", weight: 1, value: 10, points: 10 },
    ],
    deductions: [{ points: 40 }, { points: 20 }, { points: 5 }],
  } as Explanation;
  it("is a sum that a person can check", () => {
    expect(lines(explanation).map((line) => line.sum)).toEqual(["0.45 × 35", "0.45 × 20", ""]);
    expect(lines(explanation).reduce((sum, line) => sum + line.points, 0)).toBe(34.75);
    expect(postureSum(explanation)).toEqual({ taken: 65, left: 35, isClipped: false });
  });
  it("says when posture would be under 0", () => {
    const deductions = [40, 40, 20, 20].map((points) => ({ points }));
    expect(postureSum({ ...explanation, deductions } as Explanation)).toEqual({ taken: 120, left: 0, isClipped: true });
  });
  it("shows changes that gain something; without any, those that resolve a finding", () => {
    const change = (target: string, gain: number) => ({ target, gain }) as Change;
    expect(bestChanges([change("a", 18), change("b", 0), change("c", 2)], 5).map((one) => one.target)).toEqual([
      "a",
      "c",
    ]);
    expect(bestChanges([change("b", 0)], 5).map((one) => one.target)).toEqual(["b"]);
  });
});

describe("the history", () => {
  const point = (recorded_at: string, trust_score: number, causes: unknown[] = []) =>
    ({ recorded_at, trust_score, causes }) as unknown as ScorePoint;
  const series = (before: number | null, buckets: [string, number, number, number][]) => ({
    since: "2026-11-25T10:00:00Z",
    until: "2026-11-25T10:01:00Z",
    bucket_seconds: 10,
    before,
    buckets: buckets.map(([at, lowest, highest, last]) => ({ at, lowest, highest, last, last_at: at, changes: 1 })),
  });
  it("goes from the score before the span to its end", () => {
    const { times, scores, lowest } = toSeries(series(70, [["2026-11-25T10:00:10Z", 30, 70, 40]]));
    expect(scores).toEqual([70, 40, 40]);
    expect(lowest).toEqual([70, 30, 40]);
    expect(times.map((time) => time - times[0]!)).toEqual([0, 10, 60]);
  });
  it("begins with the first change when the agent is younger than the span", () => {
    expect(toSeries(series(null, [["2026-11-25T10:00:20Z", 40, 40, 40]])).scores).toEqual([40, 40]);
    expect(seriesInWords(series(null, []))).toBe("Trust over time: not scored");
  });
  it("is said in words", () => {
    const answer = series(70, [["2026-11-25T10:00:10Z", 30, 70, 40]]);
    expect(seriesInWords(answer)).toBe("Trust over time, now 40.0, at first 70.0, lowest 30.0, highest 70.0");
  });
  it("names findings first and leaves out the part they explain", () => {
    const moved = point("", 40, [
      { part: "posture", from: 100, to: 60 },
      { part: "behavior", from: 50, to: 20, new_events: 12 },
      { finding: "EXFILTRATION_PATH", change: "opened" },
    ]);
    expect(causesInWords(moved)).toEqual(["opened: EXFILTRATION_PATH", "behaviour 50 → 20 after 12 events"]);
    expect(causesInWords(moved, { EXFILTRATION_PATH: "Data can leave" })[0]).toBe("opened: Data can leave");
    expect(isMarked(moved)).toBe(true);
  });
});

describe("the live feed's buffer", () => {
  const event = (event_id: string) => ({ event_id }) as EventRecord;
  it("keeps the newest first, drops the oldest, and remembers no more than it holds", () => {
    const buffer = new Buffer(3);
    expect(buffer.add(["a", "b", "c", "d"].map(event)).map((one) => one.event_id)).toEqual(["d", "c", "b"]);
    expect(buffer.size).toBe(3);
  });
  it("leaves out what is told again after a reconnect", () => {
    const buffer = new Buffer(10);
    buffer.add(["a", "b"].map(event));
    expect(buffer.add(["b", "c"].map(event)).map((one) => one.event_id)).toEqual(["c", "b", "a"]);
  });
  it("puts events that the stream did not deliver among the others, by their times", () => {
    const at = (event_id: string, second: number) =>
      ({ event_id, timestamp: `2026-11-25T10:00:0${second}Z` }) as EventRecord;
    const buffer = new Buffer(3);
    buffer.add([at("b", 2), at("d", 4)]);
    expect(buffer.fill([at("d", 4), at("c", 3), at("a", 1)]).map((one) => one.event_id)).toEqual(["d", "c", "b"]);
    expect(buffer.size).toBe(3);
    expect(buffer.add([at("d", 4), at("e", 5)]).map((one) => one.event_id)).toEqual(["e", "d", "c"]);
  });
  it("stays small at 500 events a second", () => {
    const buffer = new Buffer(5_000);
    for (let batch = 0; batch < 300; batch += 1)
      buffer.add(Array.from({ length: 100 }, (_, place) => event(`${batch}-${place}`)));
    expect(buffer.size).toBe(5_000);
  });
  it("knows the rate of the last seconds only", () => {
    const rate = new Rate(5_000);
    rate.count(50, 0);
    rate.count(25, 4_000);
    expect([rate.perSecond(4_000), rate.perSecond(6_000), rate.perSecond(20_000)]).toEqual([15, 5, 0]);
  });
});

describe("findings", () => {
  const summary = (...groups: [string, number, number][]) => ({
    findings: groups.reduce((sum, [, findings]) => sum + findings, 0),
    agents: 0,
    group_count: groups.length,
    groups: groups.map(([key, findings, agents]) => ({ key, title: key, severity: "LOW" as const, findings, agents })),
  });
  it("are the open ones unless the address says otherwise", () => {
    expect(
      [{}, { status: "ALL" as const }, { status: "RESOLVED" as const }].map((search) => filtersOf(search).status),
    ).toEqual(["OPEN", undefined, "RESOLVED"]);
  });
  it("of a group pass the filters and the group's own", () => {
    const filters = filtersOf({ q: "mail", team: "sales" });
    expect(filtersOfGroup(filters, "rule", "R")).toMatchObject({
      q: "mail",
      owner_team: "sales",
      status: "OPEN",
      rule_id: "R",
    });
    expect(filtersOfGroup(filters, "owner", "ops").owner_team).toBe("ops");
    expect(filtersOfGroup(filters, "agent", "1").agent_id).toBe("1");
  });
  it("are counted by the server, as are their agents, in the verdict", () => {
    expect(findingsVerdict(summary(["CRITICAL", 202, 201], ["LOW", 398, 398]))).toBe(
      "202 critical findings on 201 agents",
    );
    expect(findingsVerdict(summary(["LOW", 1, 1]))).toBe("1 open finding, none critical");
    expect(findingsVerdict(summary())).toBe("No open finding");
  });
});

describe("a session's timeline", () => {
  const event = (timestamp: string, duration_ms: number | null) =>
    ({ timestamp, duration_ms, event_id: timestamp }) as EventRecord;
  it("puts calls where they began, as wide as they were long", () => {
    const { bars, milliseconds } = layOut([
      event("2026-11-25T10:00:10.000Z", 5_000),
      event("2026-11-25T10:00:02.000Z", 2_000),
    ]);
    expect(milliseconds).toBe(10_000);
    expect(bars.map(({ left, width }) => [left, width])).toEqual([
      [0, 20],
      [50, 50],
    ]);
  });
  it("shows a call of no length, and stays inside", () => {
    const { bars } = layOut([event("2026-11-25T10:00:00Z", null), event("2026-11-25T10:00:09Z", null)]);
    for (const { left, width } of bars) {
      expect(width).toBeGreaterThan(0);
      expect(left + width).toBeLessThanOrEqual(100);
    }
  });
  it("of nothing is nothing", () => expect(layOut([])).toEqual({ bars: [], milliseconds: 0 }));
});

describe("a week of calls", () => {
  const now = Date.parse("2026-11-25T10:30:00Z");
  const tool = (fields: Partial<ToolActivity>) =>
    ({ hours: [], sample_count: 0, samples_needed: 2, limit_calls_per_hour: null, ...fields }) as ToolActivity;
  it("has the running hour last and leaves out what is older", () => {
    const calls = byHour(
      tool({
        hours: [
          { hour: "2026-11-25T10:00:00Z", calls: 3 },
          { hour: "2026-11-25T09:00:00Z", calls: 2 },
          { hour: "2026-11-01T09:00:00Z", calls: 9 },
        ],
      }),
      now,
    );
    expect(calls).toHaveLength(HOURS);
    expect(calls.slice(-3)).toEqual([0, 2, 3]);
    expect(calls.reduce((sum, number) => sum + number, 0)).toBe(5);
  });
  it("shows what is being learned as that", () => {
    expect([isLearning(tool({ sample_count: 1 })), isLearning(tool({ sample_count: 2 }))]).toEqual([true, false]);
  });
  it("has room for the band", () =>
    expect(ceiling(tool({ limit_calls_per_hour: 12.5, hours: [{ hour: "", calls: 3 }] }))).toBe(12.5));
});

describe("exports", () => {
  it("make text of what a spreadsheet would run, and quote what would break a line", () => {
    expect(toCsv([{ name: "=1+1", note: 'a "b", c\nd', score: -5, none: null }])).toBe(
      'name,note,score,none\r\n\'=1+1,"a ""b"", c\nd",-5,\r\n',
    );
    for (const first of "=+-@\t\r") expect(toCsv([{ name: `${first}x` }])).toContain("'");
  });
});

describe("addresses", () => {
  it("drop what they do not know", () => {
    expect(search.agents({ status: "NOTHING", sort: "<script>", hide: "trend,x", desc: "yes", q: 7 })).toEqual({
      q: "7",
      status: undefined,
      team: undefined,
      capability: undefined,
      sort: undefined,
      desc: undefined,
      hide: "trend",
    });
  });
  it.each(["//evil.example", "https://evil.example", "javascript:alert(1)", "/\\evil.example", "evil"])(
    "lead nowhere else after sign-in: %s",
    (next) => {
      expect(search.signIn({ next }).next).toBeUndefined();
    },
  );
  it("lead back where one came from", () =>
    expect(search.signIn({ next: "/agents/1?tab=grants" }).next).toBe("/agents/1?tab=grants"));
});

describe("calls that are alike", () => {
  const call = (tool_name: string, anomaly_score: number, detector = "", status = "ok") => ({
    event: { tool_name, anomaly_score, status, reasons: detector ? [{ detector }] : [] } as unknown as EventRecord,
    left: 0,
    width: 1,
  });
  it("are told on one line when three or more follow each other", () => {
    const stretches = gather([
      call("a", 0),
      call("a", 0),
      call("a", 0.8, "CALL_BURST"),
      call("a", 0.8, "CALL_BURST"),
      call("a", 0.8, "CALL_BURST"),
      call("b", 0),
    ]);
    expect(stretches.map(({ bars }) => bars.length)).toEqual([1, 1, 3, 1]);
  });
  it("are apart when they do other things with their tool", () => {
    const run = (operation: string) => {
      const bar = call("a", 0);
      return { ...bar, event: { ...bar.event, operation } };
    };
    const stretches = gather(["git", "git", "git", "curl"].map(run));
    expect(stretches.map(({ bars }) => bars.length)).toEqual([3, 1]);
  });
  it("are apart when one failed, and the last of the worst speaks for them", () => {
    const [joined, failed] = gather([
      call("a", 0.5, "X"),
      call("a", 0.8, "X"),
      call("a", 0.8, "X"),
      call("a", 0.8, "X", "error"),
    ]);
    expect(joined!.worst).toBe(joined!.bars[2]!.event);
    expect(failed!.bars.length).toBe(1);
  });
});

describe("the demo", () => {
  const agent = (name: string, last_seen_at: string | null) =>
    ({ name, owner_team: "AgentSentinel demo", last_seen_at }) as AgentSummary;
  it("does not count as the first event", () => {
    expect(isFirstAwaited([])).toBe(true);
    expect(isFirstAwaited([agent("demo-support-agent", "2026-11-25T10:00:00Z"), agent("own", null)])).toBe(true);
    expect(isFirstAwaited([agent("own", "2026-11-25T10:00:00Z")])).toBe(false);
  });
});

import { describe, expect, it } from "vitest";
import { dueInWords, filtersOf, isOverdue } from "./findings";

const TODAY = "2026-12-01";

describe("due dates", () => {
  it.each([
    ["2026-11-29", "overdue 2 d"],
    ["2026-12-01", "due today"],
    ["2026-12-02", "due tomorrow"],
    ["2026-12-24", "due 24 Dec"],
    ["2027-01-02", "due 2 Jan 2027"],
  ])("%s is said beside today", (dueOn, words) => expect(dueInWords(dueOn, TODAY)).toBe(words));

  it("are over the day after, unless the finding is resolved", () => {
    expect(isOverdue({ due_on: "2026-12-01", status: "OPEN" }, TODAY)).toBe(false);
    expect(isOverdue({ due_on: "2026-11-30", status: "ACKNOWLEDGED" }, TODAY)).toBe(true);
    expect(isOverdue({ due_on: "2026-11-30", status: "RESOLVED" }, TODAY)).toBe(false);
    expect(isOverdue({ due_on: null, status: "OPEN" }, TODAY)).toBe(false);
  });
});

it("the reader's own findings are asked of the server, for any reader", () => {
  expect(filtersOf({ assignee: "me", overdue: true })).toMatchObject({ assignee: "me", overdue: true, status: "OPEN" });
});

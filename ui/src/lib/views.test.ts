import { describe, expect, it } from "vitest";
import { placeOf, queryOf } from "./views";

describe("a saved view", () => {
  it("holds the filters in one order, without what is opened or not chosen", () => {
    expect(queryOf({ team: "a & b", q: "1", finding: "x", status: undefined, overdue: true })).toBe(
      "overdue=true&q=%221%22&team=a+%26+b",
    );
    expect(queryOf({})).toBe("");
  });

  it("leads to its page with the same filters, and to all times where it names none", () => {
    const query = queryOf({ q: "1", overdue: true });
    expect(placeOf({ page: "findings", query })).toEqual({
      to: "/findings",
      search: { q: "1", overdue: true, time: undefined },
    });
    expect(placeOf({ page: "agents", query: "time=7d" }).search).toEqual({ time: "7d" });
  });
});

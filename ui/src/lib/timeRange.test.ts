import { describe, expect, it } from "vitest";
import { endsOf, readTime, spanOf, timeBetween, timeInWords, validTime } from "./timeRange";

const NOW = new Date("2026-11-30T12:00:00Z");

describe("a span of time", () => {
  it("is a duration or two times in the address, and anything else is dropped", () => {
    expect(validTime("24h")).toBe("24h");
    expect(validTime("2026-11-29T14:00:00Z..2026-11-29T15:00:00Z")).toBeDefined();
    for (const wrong of [
      "",
      "7",
      "x",
      "401d",
      "0h",
      "2026-11-29..",
      "2026-11-29T15:00:00Z..2026-11-29T14:00:00Z",
      7,
      null,
    ])
      expect(validTime(wrong)).toBeUndefined();
  });
  it("is what the API takes", () => {
    expect(spanOf(undefined)).toEqual({});
    expect(spanOf("24h")).toEqual({ since: "24h" });
    expect(spanOf("A..B")).toEqual({ since: "A", until: "B" });
    expect(endsOf("1h", 3_600_000)).toEqual([0, 3_600_000]);
  });
  it("is read as people type it", () => {
    const read = (text: string) => readTime(text, NOW, "utc");
    expect(read("yesterday 14:00-15:00")).toBe("2026-11-29T14:00:00Z..2026-11-29T15:00:00Z");
    expect(read("Today 9 - 12:30")).toBe("2026-11-30T09:00:00Z..2026-11-30T12:30:00Z");
    expect(read("9-12")).toBe("2026-11-30T09:00:00Z..2026-11-30T12:00:00Z");
    expect(read("2026-11-28")).toBe("2026-11-28T00:00:00Z..2026-11-29T00:00:00Z");
    expect(read("2026-11-27..2026-11-28")).toBe("2026-11-27T00:00:00Z..2026-11-29T00:00:00Z");
    expect(read("90m")).toBe("90m");
    expect(read("last 7 days")).toBe("7d");
    for (const wrong of ["", "tomorrow", "15-14", "yesterday 25:00-26:00", "500d"]) expect(read(wrong)).toBeUndefined();
  });
  it("is named in words", () => {
    expect(timeInWords(undefined)).toBe("Any time");
    expect(timeInWords("7d")).toBe("Last 7 days");
    expect(timeInWords("90m")).toBe("Last 90m");
    const from = Date.parse("2026-11-29T14:00:00Z");
    expect(timeInWords(timeBetween(from, from + 3_600_000))).toMatch(/14:00 – 15:00$/);
  });
});

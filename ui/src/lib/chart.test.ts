import { expect, test } from "vitest";
import { axisLabels, type Parts, partAt, partInWords, timeOfParts } from "./chart";

const DAYS: Parts = { first: Date.UTC(2026, 10, 1) / 1000, seconds: 86_400, number: 30 };

test("the pointer is on one of the parts, wherever it is", () => {
  expect([-0.1, 0, 0.034, 0.5, 0.999, 1, 2].map((place) => partAt(place, DAYS))).toEqual([0, 0, 1, 15, 29, 29, 29]);
});

test("parts are a time from the beginning of the first to the end of the last, dragged either way", () => {
  expect(timeOfParts(2, 2, DAYS)).toBe("2026-11-03T00:00:00Z..2026-11-04T00:00:00Z");
  expect(timeOfParts(4, 2, DAYS)).toBe(timeOfParts(2, 4, DAYS));
});

test("the axis names the beginning, the middle and the end", () => {
  expect(axisLabels(DAYS)).toHaveLength(3);
  expect(partInWords(0, { ...DAYS, seconds: 3_600 })).toMatch(/ to \d\d:\d\d/);
});

import { describe, expect, it } from "vitest";
import { breakable, callName, count, duration, plain, relative, score, signed, visible } from "./format";

describe("calls", () => {
  it("are named by their tool, and by what they do with it where that is known", () => {
    expect(callName({ tool_name: "Bash", operation: "cat+curl" })).toBe("Bash · cat+curl");
    expect(callName({ tool_name: "search_crm", operation: null })).toBe("search_crm");
  });
});

describe("numbers", () => {
  it("show scores with one decimal and a dash when there is none", () => {
    expect([score(70.75), score(0), score(null), score(undefined)]).toEqual(["70.8", "0.0", "–", "–"]);
  });
  it("keep as many decimals as needed, two at most", () => {
    expect([plain(0.45), plain(40), plain(15.7512), plain(46.75000000000002)]).toEqual([
      "0.45",
      "40",
      "15.75",
      "46.75",
    ]);
  });
  it("have a sign that reads as one", () => {
    expect([signed(18), signed(-2.25), signed(0)]).toEqual(["+18", "−2.25", "±0"]);
  });
  it("agree with what they count", () => {
    expect([count(1, "agent"), count(0, "agent"), count(2000, "entry", "entries")]).toEqual([
      "1 agent",
      "0 agents",
      "2,000 entries",
    ]);
  });
});

describe("times", () => {
  const now = new Date("2026-11-25T12:00:00Z");
  const ago = (seconds: number) => relative(new Date(now.getTime() - seconds * 1000), now);
  it("are relative in the largest unit that fits, in both directions", () => {
    expect([ago(0), ago(12), ago(60), ago(3_599), ago(3_600), ago(90_000), ago(-3_600)]).toEqual([
      "now",
      "12 s ago",
      "1 min ago",
      "59 min ago",
      "1 h ago",
      "1 d ago",
      "in 1 h",
    ]);
  });
  it("of calls are short", () => {
    expect([duration(12), duration(1_500), duration(61_000), duration(null)]).toEqual([
      "12 ms",
      "1.5 s",
      "1 min 1 s",
      "–",
    ]);
  });
});

describe("names from outside", () => {
  it("may break after separators and between humps, never inside a word, and lose nothing", () => {
    expect(breakable("send_email")).toEqual(["send_", "email"]);
    expect(breakable("readDatabaseV2.fast-path")).toEqual(["read", "Database", "V2.", "fast-", "path"]);
    for (const name of ["", "__", "HTTPServer", "a-b_c.d/e:f", "日本語ツール"])
      expect(breakable(name).join("")).toBe(name);
  });
  it("show what is invisible or turns the text round", () => {
    expect(visible("a\u202eb\u200bc\nd")).toBe("a\\u{202e}b\\u{200b}c\\u{a}d");
    expect(visible("<img src=x onerror=alert(1)>")).toBe("<img src=x onerror=alert(1)>");
    expect(visible("naïve 日本 👩")).toBe("naïve 日本 👩");
    const hidden = ["\u0085", "\u00ad", "\u061c", "\u180e", "\u2028", "\u3164", "\u{e0041}"];
    for (const character of hidden) expect(visible(character)).toMatch(/^\\u\{[0-9a-f]+\}$/);
  });
});

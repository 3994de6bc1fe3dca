import { describe, expect, it } from "vitest";
import type { Connection, Manifest, ManifestItem } from "../api/types";
import { byConnection, countsInWords, itemsByKind, linesOf, principalInWords } from "./manifests";

const manifest = (id: string, server_name: string) => ({ id, server_name }) as Manifest;
const connection = (id: string, server_name: string) => ({ id, server_name }) as Connection;

describe("pinned manifests", () => {
  it("are counted in words, what steers the model first", () => {
    expect(countsInWords({ tool: 12, prompt: 1, instructions: 1, skill: 0 })).toBe(
      "instructions · 12 tools · 1 prompt",
    );
    expect(countsInWords({ tool: 0 })).toBe("nothing");
  });
  it("are shown by kind", () => {
    const items = [
      { kind: "prompt", name: "greet" },
      { kind: "tool", name: "send" },
      { kind: "tool", name: "read" },
    ] as ManifestItem[];
    expect(itemsByKind(items).map((group) => [group.title, group.items.map((item) => item.name)])).toEqual([
      ["Tools", ["send", "read"]],
      ["Prompts", ["greet"]],
    ]);
  });
  it("stand under the first connection to their server", () => {
    const connections = [connection("1", "mail"), connection("2", "mail"), connection("3", "files")];
    const { of, others } = byConnection(connections, [
      manifest("a", "mail"),
      manifest("b", "mail"),
      manifest("c", "crm"),
    ]);
    expect([...of].map(([id, found]) => [id, found.map((one) => one.id)])).toEqual([["1", ["a", "b"]]]);
    expect(others.map((one) => one.id)).toEqual(["c"]);
  });
  it("name a credential by the beginning of its digest", () => {
    expect(principalInWords("")).toBe("for everyone");
    expect(principalInWords("ab".repeat(32))).toBe("for the credential abababababab");
  });
  it("write out what cannot be seen", () => {
    expect(linesOf({ name: "a\u202eb" })).toEqual(["{", '  "name": "a\\u{202e}b"', "}"]);
  });
});

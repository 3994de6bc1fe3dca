/** Pinned manifests in words, and by the connection that they belong to. */
import type { Connection, Manifest, ManifestItem } from "../api/types";
import { count, visible } from "./format";

type Kind = ManifestItem["kind"];

/** Kinds in the order in which they matter, with their words for one and for many. */
const KINDS: [Kind, string, string][] = [
  ["instructions", "instructions", "instructions"],
  ["skill", "skill", "skills"],
  ["tool", "tool", "tools"],
  ["prompt", "prompt", "prompts"],
  ["resource-template", "resource template", "resource templates"],
  ["resource", "resource", "resources"],
];

/** What a server offers, in numbers: "instructions · 12 tools · 1 prompt". */
export function countsInWords(counts: Manifest["counts"]): string {
  const words = KINDS.flatMap(([kind, one, many]) => {
    const number = counts[kind] ?? 0;
    if (number === 0) return [];
    return [kind === "instructions" ? one : count(number, one, many)];
  });
  return words.join(" · ") || "nothing";
}

/** Items by kind, in the order of `KINDS`; kinds without items are left out. */
export function itemsByKind(items: ManifestItem[]): { title: string; items: ManifestItem[] }[] {
  return KINDS.map(([kind, , many]) => ({
    title: many.charAt(0).toUpperCase() + many.slice(1),
    items: items.filter((item) => item.kind === kind),
  })).filter((group) => group.items.length > 0);
}

/** For whom the server offers it. Principals are digests, of which the beginning tells them apart. */
export function principalInWords(principal: string): string {
  return principal === "" ? "for everyone" : `for the credential ${principal.slice(0, 12)}`;
}

/** Manifests by the id of the connection to their server, the first one of several; and those without a connection. */
export function byConnection(
  connections: Connection[],
  manifests: Manifest[],
): { of: Map<string, Manifest[]>; others: Manifest[] } {
  const idOf = new Map([...connections].reverse().map((connection) => [connection.server_name, connection.id]));
  const of = new Map<string, Manifest[]>();
  const others: Manifest[] = [];
  for (const manifest of manifests) {
    const id = idOf.get(manifest.server_name);
    if (id === undefined) others.push(manifest);
    else of.set(id, [...(of.get(id) ?? []), manifest]);
  }
  return { of, others };
}

/** A definition as indented lines, with characters written out that could not be seen. */
export function linesOf(definition: unknown): string[] {
  return JSON.stringify(definition, null, 2).split("\n").map(visible);
}

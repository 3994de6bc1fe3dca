import { afterEach, describe, expect, it, vi } from "vitest";
import { requestList, requestParts } from "./client";

/** A server whose answers name the next one, for as long as there is one. */
function serve(...bodies: unknown[]) {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (url: string) => {
    const place = asked.push(url);
    const isLast = place === bodies.length;
    const headers: HeadersInit = isLast ? {} : { Link: `</api/v1/things?cursor=${place}>; rel="next"` };
    return Promise.resolve(new Response(JSON.stringify(bodies[place - 1]), { headers }));
  });
  return asked;
}
afterEach(() => vi.unstubAllGlobals());

describe("a list of many pages", () => {
  it("is read to its end, by the addresses that its pages name", async () => {
    const asked = serve([{ id: "a" }], [{ id: "b" }], [{ id: "c" }]);
    expect((await requestList("/things?limit=1")).map((one) => one.id)).toEqual(["a", "b", "c"]);
    expect(asked).toEqual(["/api/v1/things?limit=1", "/api/v1/things?cursor=1", "/api/v1/things?cursor=2"]);
  });
  it("holds what moved from one page to the next once, as it was told last", async () => {
    serve([{ id: "a", score: 1 }], [{ id: "a", score: 2 }]);
    expect(await requestList("/things")).toEqual([{ id: "a", score: 2 }]);
  });
  it("of one page is asked for once", async () => {
    const asked = serve({ agents: [] });
    expect(await requestParts("/things")).toEqual([{ agents: [] }]);
    expect(asked).toHaveLength(1);
  });
});

import { afterEach, describe, expect, it, vi } from "vitest";
import { ApiError, dataOf, listOf, partsOf, server } from "./client";

vi.hoisted(() => {
  // The calls name paths only, as in a page; Node resolves none.
  globalThis.Request = class extends Request {
    constructor(input: RequestInfo | URL, init?: RequestInit) {
      super(typeof input === "string" ? new URL(input, "http://dashboard.test") : input, init);
    }
  };
});

/** A server whose answers name the next one, for as long as there is one. */
function serve(...bodies: unknown[]) {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    const { pathname, search } = new URL(request.url);
    const place = asked.push(pathname + search);
    const isLast = place === bodies.length;
    const headers: HeadersInit = isLast ? {} : { Link: `</api/v1/things?cursor=${place}>; rel="next"` };
    return Promise.resolve(new Response(JSON.stringify(bodies[place - 1]), { headers }));
  });
  return asked;
}

afterEach(() => vi.unstubAllGlobals());

const things = () => server.GET("/api/v1/sessions", { params: { query: { limit: 1 } } });
const byId = () => things() as Promise<{ data?: { id: string; score?: number }[]; response: Response }>;

describe("a list of many pages", () => {
  it("is read to its end, by the addresses that its pages name", async () => {
    const asked = serve([{ id: "a" }], [{ id: "b" }], [{ id: "c" }]);
    expect((await listOf(byId)).map((item) => item.id)).toEqual(["a", "b", "c"]);
    expect(asked).toEqual(["/api/v1/sessions?limit=1", "/api/v1/things?cursor=1", "/api/v1/things?cursor=2"]);
  });
  it("holds what moved from one page to the next once, as the later page has it", async () => {
    serve([{ id: "a", score: 1 }], [{ id: "a", score: 2 }]);
    expect(await listOf(byId)).toEqual([{ id: "a", score: 2 }]);
  });
  it("of one page is asked for once", async () => {
    const asked = serve({ agents: [] });
    expect(await partsOf(things)).toEqual([{ agents: [] }]);
    expect(asked).toHaveLength(1);
  });
});

describe("a refused call", () => {
  const answer = (body: string, init: ResponseInit) =>
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(body, init)));
  it("throws what the problem document says, and when to try again", async () => {
    answer(JSON.stringify({ detail: "Too many sign-ins" }), { status: 429, headers: { "Retry-After": "30" } });
    await expect(dataOf(things())).rejects.toEqual(new ApiError(429, "Too many sign-ins", 30));
  });
  it("throws the status when a proxy answers with a page", async () => {
    answer("<html>", { status: 502 });
    await expect(dataOf(things())).rejects.toMatchObject({ status: 502, detail: "The server answered 502" });
  });
  it("throws status 0 when no server answers", async () => {
    vi.stubGlobal("fetch", () => Promise.reject(new TypeError("Failed to fetch")));
    await expect(dataOf(things())).rejects.toMatchObject({ status: 0 });
  });
});

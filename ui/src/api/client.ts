/** One way to talk to the server: same origin, the session's cookie, errors as problem documents. */

import createClient from "openapi-fetch";
import { BASE } from "../lib/base";
import type { paths } from "./schema";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    /** Seconds after which it is worth trying again; null when the server did not say. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail);
  }
}

/** Changes need it: a foreign page cannot add a header of its own without asking first. */
const OWN_PAGE = { "X-AgentSentinel-Dashboard": "1" };

/** The typed client: paths, parameters and bodies are those of the server's OpenAPI document. */
export const server = createClient<paths>({
  baseUrl: BASE,
  credentials: "same-origin",
  headers: OWN_PAGE,
  fetch: send,
});

interface Answer<T> {
  data?: T;
  response: Response;
}

/** The body of a call's answer; a refused call has thrown an ApiError. */
export async function dataOf<T>(call: Promise<Answer<T>>): Promise<T> {
  return (await call).data as T;
}

/** A part of something long, and the address of the next one. */
export interface Part<T> {
  body: T;
  next: string | null;
  /** How many rows all parts have together, where the server says so. */
  total: number | null;
}

/** The first part, by a typed call; or a later one, by the address that the part before it names. */
export async function partOf<T>(first: () => Promise<Answer<T>>, next: string | null): Promise<Part<T>> {
  if (next === null) {
    const { data, response } = await first();
    return { body: data as T, next: nextOf(response), total: totalOf(response) };
  }
  const response = await send(new Request(next, { credentials: "same-origin", headers: OWN_PAGE }));
  return { body: (await response.json()) as T, next: nextOf(response), total: totalOf(response) };
}

function totalOf(response: Response): number | null {
  const total = response.headers.get("X-Total-Count");
  return total === null ? null : Number(total);
}

/** The server knows the prefix only when its proxy or its settings say so. */
function nextOf(response: Response): string | null {
  const path = /<([^>]+)>; rel="next"/.exec(response.headers.get("Link") ?? "")?.[1];
  if (path === undefined) return null;
  return path.startsWith(`${BASE}/api/`) ? path : BASE + path;
}

/** Every part, however many there are: what is counted here must be whole. */
export async function partsOf<T>(first: () => Promise<Answer<T>>): Promise<T[]> {
  const bodies: T[] = [];
  let next: string | null = null;
  do {
    const part: Part<T> = await partOf(first, next);
    bodies.push(part.body);
    next = part.next;
  } while (next !== null);
  return bodies;
}

/** A whole list. What has moved from one page to the next meanwhile is there once. */
export async function listOf<T extends { id: string }>(first: () => Promise<Answer<T[]>>): Promise<T[]> {
  return distinctById((await partsOf(first)).flat());
}

export function distinctById<T extends { id: string }>(items: T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

async function send(request: Request): Promise<Response> {
  const answer = await fetch(request).catch(() => {
    throw new ApiError(0, "The server cannot be reached.");
  });
  if (!answer.ok) throw await problemOf(answer);
  return answer;
}

async function problemOf(answer: Response): Promise<ApiError> {
  const problem: unknown = await answer.json().catch(() => null);
  const hasDetail = typeof problem === "object" && problem !== null && "detail" in problem;
  const seconds = Number(answer.headers.get("Retry-After") ?? NaN);
  const detail = hasDetail ? String(problem.detail) : `The server answered ${answer.status}`;
  return new ApiError(answer.status, detail, Number.isFinite(seconds) ? seconds : null);
}

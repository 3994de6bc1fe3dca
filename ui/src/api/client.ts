/** One way to talk to the server: same origin, the session's cookie, errors as problem documents. */

import { BASE } from "../lib/base";

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

const PREFIX = `${BASE}/api/v1`;
/** Changes need it: a foreign page cannot add a header of its own without asking first. */
const OWN_PAGE = { "X-AgentSentinel-Dashboard": "1" };

export async function request<T>(method: string, path: string, body?: unknown): Promise<T> {
  const answer = await send(method, PREFIX + path, body);
  return (answer.status === 204 ? undefined : await answer.json()) as T;
}

/** A part of something long, and the path of the next one. */
export interface Part<T> {
  body: T;
  next: string | null;
}

/** What is at a path: the first part, or what an earlier part named as the next. */
export async function requestPart<T>(path: string): Promise<Part<T>> {
  const answer = await send("GET", path.startsWith(PREFIX) ? path : PREFIX + path, undefined);
  const next = /<([^>]+)>; rel="next"/.exec(answer.headers.get("Link") ?? "");
  return { body: (await answer.json()) as T, next: next?.[1] === undefined ? null : belowBase(next[1]) };
}

/** The server knows the prefix only when its proxy or its settings say so. */
function belowBase(path: string): string {
  return path.startsWith(PREFIX) ? path : BASE + path;
}

/** Every part, however many there are: what is counted here must be whole. */
export async function requestParts<T>(path: string): Promise<T[]> {
  const bodies: T[] = [];
  for (let next: string | null = path; next !== null; ) {
    const part: Part<T> = await requestPart<T>(next);
    bodies.push(part.body);
    next = part.next;
  }
  return bodies;
}

/** A whole list. What has moved from one page to the next meanwhile is there once. */
export async function requestList<T extends { id: string }>(path: string): Promise<T[]> {
  return distinctById((await requestParts<T[]>(path)).flat());
}

export function distinctById<T extends { id: string }>(items: T[]): T[] {
  return [...new Map(items.map((item) => [item.id, item])).values()];
}

async function send(method: string, url: string, body: unknown): Promise<Response> {
  const answer = await fetch(url, {
    method,
    credentials: "same-origin",
    headers: body === undefined ? OWN_PAGE : { ...OWN_PAGE, "Content-Type": "application/json" },
    body: body === undefined ? null : JSON.stringify(body),
  }).catch(() => {
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

/** A query string of what is set. */
export function query(parameters: Record<string, string | number | undefined | null>): string {
  const given = Object.entries(parameters).filter(([, value]) => value !== undefined && value !== null && value !== "");
  return given.length ? `?${new URLSearchParams(given.map(([name, value]) => [name, String(value)]))}` : "";
}

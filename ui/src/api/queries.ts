/** What the pages read, with how often it is read again. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { isFirstAwaited } from "../lib/demo";
import type { FindingFilters } from "../lib/findings";
import { ApiError, distinctById, query, request, requestList, requestPart, requestParts } from "./client";
import type { Group } from "../lib/search";
import type * as api from "./types";

const LIVE = 5_000;
const SOON = 1_500;
const MANY = 500;
/** As many as the API lists; it counts all. */
const MOST_GROUPS = 500;

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () =>
    request<api.OwnSession>("GET", "/session").catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }),
  staleTime: 60_000,
  // Pages that read nothing again notice an ended session by this.
  refetchInterval: LIVE,
});

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: () => requestList<api.AgentSummary>("/overview"),
  refetchInterval: (asked) => {
    const agents = asked.state.data ?? [];
    if (isFirstAwaited(agents)) return SOON;
    // Thousands of agents are a megabyte: less often, then.
    return agents.length > MANY ? 3 * LIVE : LIVE;
  },
});

export const agentQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id],
    queryFn: () => request<api.AgentDetail>("GET", `/agents/${id}`),
    refetchInterval: LIVE,
  });

export const explanationQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id, "explanation"],
    queryFn: () => request<api.Explanation>("GET", `/agents/${id}/score/explanation`),
    refetchInterval: LIVE,
  });

export const historyQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id, "history"],
    queryFn: () => request<api.ScorePoint[]>("GET", `/agents/${id}/score/history?limit=500`),
    refetchInterval: LIVE,
  });

export const activityQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id, "activity"],
    queryFn: () => request<api.ToolActivity[]>("GET", `/agents/${id}/activity`),
    refetchInterval: 15_000,
  });

export const runsQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id, "runs"],
    queryFn: () => request<api.Run[]>("GET", `/agents/${id}/sessions`),
    refetchInterval: LIVE,
  });

export const eventsQuery = (agentId?: string, sessionId?: string, limit = 100) =>
  queryOptions({
    queryKey: ["events", agentId ?? "", sessionId ?? "", limit],
    queryFn: () =>
      request<api.EventRecord[]>("GET", `/events${query({ agent_id: agentId, session_id: sessionId, limit })}`),
  });

/** Findings, the worst first, a few at a time. How many there are is the summary's to say. */
export const findingsQuery = (filters: FindingFilters) =>
  infiniteQueryOptions({
    queryKey: ["findings", "list", filters],
    queryFn: ({ pageParam }) => requestPart<api.FindingOfAgent[]>(pageParam),
    initialPageParam: `/findings${query({ ...filters, order: "worst", limit: 25 })}`,
    getNextPageParam: (page) => page.next,
    refetchInterval: LIVE,
  });

export const findingSummaryQuery = (filters: FindingFilters, group: Group, limit = MOST_GROUPS) =>
  queryOptions({
    queryKey: ["findings", "summary", filters, group, limit],
    queryFn: () => request<api.FindingSummary>("GET", `/findings/summary${query({ ...filters, group_by: group, limit })}`),
    refetchInterval: LIVE,
  });

export const findingQuery = (id: string) =>
  queryOptions({
    queryKey: ["findings", "one", id],
    queryFn: () => request<api.FindingOfAgent>("GET", `/findings/${id}`),
    refetchInterval: LIVE,
  });

export const stepsQuery = (id: string) =>
  queryOptions({
    queryKey: ["finding", id, "history"],
    queryFn: () => request<api.FindingStep[]>("GET", `/findings/${id}/history`),
  });

export const rulesQuery = queryOptions({
  queryKey: ["rules"],
  queryFn: () => request<api.Rule[]>("GET", "/rules"),
  staleTime: Infinity,
});

export const capabilitiesQuery = queryOptions({
  queryKey: ["capabilities"],
  queryFn: async (): Promise<api.CapabilityMap> => {
    const parts = await requestParts<api.CapabilityMap>("/capabilities");
    const paths = parts.flatMap((part) => part.paths.map((path) => ({ ...path, id: path.agent_id + path.entry_capability + path.exit_capability })));
    return { agents: distinctById(parts.flatMap((part) => part.agents)), paths: distinctById(paths) };
  },
  refetchInterval: 30_000,
});

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: () => requestList<api.Key>("/keys?limit=500&include_revoked=true"),
});

export const signInsQuery = queryOptions({
  queryKey: ["sign-ins"],
  queryFn: () => requestList<api.SignInSession>("/sessions?limit=500"),
});

export const auditQuery = (action?: string, subject?: string) =>
  infiniteQueryOptions({
    queryKey: ["audit", action ?? "", subject ?? ""],
    queryFn: ({ pageParam }) => requestPart<api.AuditEntry[]>(pageParam),
    initialPageParam: `/audit${query({ action, subject_id: subject, limit: 100 })}`,
    getNextPageParam: (page) => page.next,
  });

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: () => request<api.ServerSettings>("GET", "/settings"),
  staleTime: 60_000,
});

export const toolClassQuery = (name: string) =>
  queryOptions({
    queryKey: ["tool-class", name],
    queryFn: () => request<api.ToolClass>("GET", `/tools/classify${query({ tool_name: name })}`),
    staleTime: Infinity,
    enabled: name.trim() !== "",
  });

/** What the pages read, with how often it is read again. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { isFirstAwaited } from "../lib/demo";
import { ApiError, query, request, requestPage } from "./client";
import type * as api from "./types";

const LIVE = 5_000;
const SOON = 1_500;
const MANY = 500;

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () =>
    request<api.OwnSession>("GET", "/session").catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }),
  staleTime: 60_000,
});

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  queryFn: () => request<api.AgentSummary[]>("GET", "/overview"),
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

export const findingsQuery = (status?: string) =>
  queryOptions({
    queryKey: ["findings", status ?? ""],
    queryFn: () => request<api.FindingOfAgent[]>("GET", `/findings${query({ status, limit: 500 })}`),
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
  queryFn: () => request<api.CapabilityMap>("GET", "/capabilities"),
  refetchInterval: 30_000,
});

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: () => request<api.Key[]>("GET", "/keys?limit=500&include_revoked=true"),
});

export const signInsQuery = queryOptions({
  queryKey: ["sign-ins"],
  queryFn: () => request<api.SignInSession[]>("GET", "/sessions?limit=500"),
});

export const auditQuery = (action?: string, subject?: string) =>
  infiniteQueryOptions({
    queryKey: ["audit", action ?? "", subject ?? ""],
    queryFn: ({ pageParam }) => requestPage<api.AuditEntry>(pageParam),
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

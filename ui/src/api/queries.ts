/** What the pages read, with how often it is read again. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import type { CapabilityFilters } from "../lib/capabilities";
import { isFirstAwaited } from "../lib/demo";
import type { EventFilters } from "../lib/events";
import type { FindingFilters } from "../lib/findings";
import type { Group } from "../lib/search";
import type { Span } from "../lib/timeRange";
import { ApiError, dataOf, listOf, partOf, server } from "./client";
import type * as api from "./types";

const LIVE = 5_000;
const SOON = 1_500;
const MANY = 500;
const MOST_MOVES = 50;
/** As many as the API lists; it counts all. */
const MOST_GROUPS = 500;

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: () =>
    dataOf(server.GET("/api/v1/session")).catch((error: unknown) => {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }),
  staleTime: 60_000,
  // Pages that read nothing again notice an ended session by this.
  refetchInterval: LIVE,
});

export const overviewQuery = queryOptions({
  queryKey: ["overview"],
  // openapi-fetch turns the pairs of `trend` into arrays of any length.
  queryFn: () => listOf(() => server.GET("/api/v1/overview")) as Promise<api.AgentSummary[]>,
  refetchInterval: (asked) => {
    const agents = asked.state.data ?? [];
    if (isFirstAwaited(agents)) return SOON;
    // Thousands of agents are a megabyte: less often, then.
    return agents.length > MANY ? 3 * LIVE : LIVE;
  },
});

/** How many agents need attention: one count for all pages. */
export const attentionQuery = queryOptions({
  queryKey: ["overview", "attention"],
  queryFn: () => dataOf(server.GET("/api/v1/attention")),
  refetchInterval: LIVE,
});

export const agentQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id],
    queryFn: () => dataOf(server.GET("/api/v1/agents/{agent_id}", { params: { path: { agent_id: id } } })),
    refetchInterval: LIVE,
  });

export const explanationQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id, "explanation"],
    queryFn: () =>
      dataOf(server.GET("/api/v1/agents/{agent_id}/score/explanation", { params: { path: { agent_id: id } } })),
    refetchInterval: LIVE,
  });

/** The last changes of a score in a span, for the list of what moved it. */
export const historyQuery = (id: string, span: Span = {}) =>
  queryOptions({
    queryKey: ["agent", id, "history", span],
    queryFn: () =>
      dataOf(
        server.GET("/api/v1/agents/{agent_id}/score/history", {
          params: { path: { agent_id: id }, query: { limit: MOST_MOVES, ...span } },
        }),
      ),
    refetchInterval: LIVE,
  });

/** A score over time, down-sampled by the server: all changes are in it, however many. */
export const seriesQuery = (id: string, span: Span = {}) =>
  queryOptions({
    queryKey: ["agent", id, "series", span],
    queryFn: () =>
      dataOf(
        server.GET("/api/v1/agents/{agent_id}/score/series", {
          params: { path: { agent_id: id }, query: { buckets: 300, ...span } },
        }),
      ),
    refetchInterval: LIVE,
  });

/** What changed in a score in a span, in words and points; by default in the last 7 days. */
export const changesQuery = (id: string, span: Span = {}) =>
  queryOptions({
    queryKey: ["agent", id, "changes", span],
    queryFn: () =>
      dataOf(
        server.GET("/api/v1/agents/{agent_id}/score/changes", { params: { path: { agent_id: id }, query: span } }),
      ),
    refetchInterval: LIVE,
  });

/** The agents whose score moved most in a span; by default in the last 7 days. */
export const moversQuery = (span: Span = {}) =>
  queryOptions({
    queryKey: ["movers", span],
    queryFn: () => dataOf(server.GET("/api/v1/movers", { params: { query: { ...span, limit: 5 } } })),
    refetchInterval: 3 * LIVE,
  });

/** Events over time, of all agents or of one; by default of the last 7 days. */
export const eventChartQuery = (span: Span, agent_id?: string) =>
  queryOptions({
    queryKey: ["charts", "events", span, agent_id ?? ""],
    queryFn: () => dataOf(server.GET("/api/v1/charts/events", { params: { query: { ...span, agent_id } } })),
    refetchInterval: intervalOf(span),
  });

export const findingChartQuery = (span: Span) =>
  queryOptions({
    queryKey: ["charts", "findings", span],
    queryFn: () => dataOf(server.GET("/api/v1/charts/findings", { params: { query: span } })),
    refetchInterval: intervalOf(span),
  });

export const teamChartQuery = (span: Span) =>
  queryOptions({
    queryKey: ["charts", "teams", span],
    queryFn: () => dataOf(server.GET("/api/v1/charts/teams", { params: { query: span } })),
    refetchInterval: intervalOf(span),
  });

/** What lies in the past stays nearly as it is: late events are few. */
function intervalOf(span: Span): number {
  return span.until === undefined ? 3 * LIVE : 12 * LIVE;
}

export const activityQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id, "activity"],
    queryFn: () => dataOf(server.GET("/api/v1/agents/{agent_id}/activity", { params: { path: { agent_id: id } } })),
    refetchInterval: 15_000,
  });

export const runsQuery = (id: string, order: "latest" | "risk", span: Span = {}) =>
  infiniteQueryOptions({
    queryKey: ["agent", id, "runs", order, span],
    queryFn: ({ pageParam }) =>
      partOf(
        () =>
          server.GET("/api/v1/agents/{agent_id}/sessions", {
            params: { path: { agent_id: id }, query: { order, ...span } },
          }),
        pageParam,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: LIVE,
  });

export const riskHistoryQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id, "risk"],
    queryFn: () => dataOf(server.GET("/api/v1/agents/{agent_id}/risk", { params: { path: { agent_id: id } } })),
    refetchInterval: LIVE,
  });

export const judgedSessionQuery = (id: string) =>
  queryOptions({
    queryKey: ["judged-session", id],
    queryFn: () => dataOf(server.GET("/api/v1/sessions/{session_id}", { params: { path: { session_id: id } } })),
    refetchInterval: LIVE,
  });

export const manifestsQuery = (id: string) =>
  queryOptions({
    queryKey: ["agent", id, "manifests"],
    queryFn: () => dataOf(server.GET("/api/v1/agents/{agent_id}/manifests", { params: { path: { agent_id: id } } })),
    refetchInterval: LIVE,
  });

/** A manifest with its definitions, which may be megabytes: it is read again only when the summary has changed. */
export const manifestQuery = ({ id, agent_id, digest, pinned_at }: api.Manifest) =>
  queryOptions({
    queryKey: ["manifest", id, digest, pinned_at],
    queryFn: () =>
      dataOf(
        server.GET("/api/v1/agents/{agent_id}/manifests/{manifest_id}", {
          params: { path: { agent_id, manifest_id: id } },
        }),
      ),
    staleTime: Infinity,
  });

export const eventsQuery = (agentId?: string, sessionId?: string, limit = 100) =>
  queryOptions({
    queryKey: ["events", agentId ?? "", sessionId ?? "", limit],
    queryFn: () =>
      dataOf(server.GET("/api/v1/events", { params: { query: { agent_id: agentId, session_id: sessionId, limit } } })),
  });

/** One event with all that is stored of it, which does not change. */
export const eventQuery = (id: string) =>
  queryOptions({
    queryKey: ["event", id],
    queryFn: () => dataOf(server.GET("/api/v1/events/{event_id}", { params: { path: { event_id: id } } })),
    // But the session that it belongs to is judged a moment later.
    refetchInterval: (asked) => (asked.state.data?.judged_session_id === null ? LIVE : false),
  });

/** Events that pass the filters, newest first, page by page. */
export const eventPagesQuery = (filters: EventFilters) =>
  infiniteQueryOptions({
    queryKey: ["events", "pages", filters],
    queryFn: ({ pageParam }) =>
      partOf(() => server.GET("/api/v1/events", { params: { query: { ...filters, limit: 100 } } }), pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** Findings, the worst or the first due first, a few at a time. How many there are is the summary's to say. */
export const findingsQuery = (filters: FindingFilters, order: "worst" | "due" = "worst") =>
  infiniteQueryOptions({
    queryKey: ["findings", "list", filters, order],
    queryFn: ({ pageParam }) =>
      partOf(() => server.GET("/api/v1/findings", { params: { query: { ...filters, order, limit: 25 } } }), pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: LIVE,
  });

export const findingSummaryQuery = (filters: FindingFilters, group: Group, limit = MOST_GROUPS) =>
  queryOptions({
    queryKey: ["findings", "summary", filters, group, limit],
    queryFn: () =>
      dataOf(server.GET("/api/v1/findings/summary", { params: { query: { ...filters, group_by: group, limit } } })),
    refetchInterval: LIVE,
  });

export const findingQuery = (id: string) =>
  queryOptions({
    queryKey: ["findings", "one", id],
    queryFn: () => dataOf(server.GET("/api/v1/findings/{finding_id}", { params: { path: { finding_id: id } } })),
    refetchInterval: LIVE,
  });

export const stepsQuery = (id: string) =>
  queryOptions({
    queryKey: ["finding", id, "history"],
    queryFn: () =>
      dataOf(server.GET("/api/v1/findings/{finding_id}/history", { params: { path: { finding_id: id } } })),
  });

/** The names that findings may be assigned to, and those of revoked keys that they are assigned to. */
export const assigneesQuery = queryOptions({
  queryKey: ["findings", "assignees"],
  queryFn: () => dataOf(server.GET("/api/v1/findings/assignees")),
  staleTime: 60_000,
});

/** The saved views of all pages that the reader may read. */
export const viewsQuery = queryOptions({
  queryKey: ["views"],
  queryFn: () => dataOf(server.GET("/api/v1/views")),
  staleTime: 60_000,
});

export const rulesQuery = queryOptions({
  queryKey: ["rules"],
  queryFn: () => dataOf(server.GET("/api/v1/rules")),
  staleTime: Infinity,
});

/** Agents with what they can do and the ways through them, least trusted first, page by page. */
export const capabilitiesQuery = (filters: CapabilityFilters, limit: number) =>
  infiniteQueryOptions({
    queryKey: ["capabilities", "list", filters, limit],
    queryFn: ({ pageParam }) =>
      partOf(
        () => server.GET("/api/v1/capabilities", { params: { query: { ...filters, capable: true, limit } } }),
        pageParam,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: 30_000,
  });

/** How many agents can do what: in all, by way and by team. */
export const capabilitySummaryQuery = (filters: CapabilityFilters = {}) =>
  queryOptions({
    queryKey: ["capabilities", "summary", filters],
    queryFn: () => dataOf(server.GET("/api/v1/capabilities/summary", { params: { query: filters } })),
    refetchInterval: 30_000,
  });

export const keysQuery = queryOptions({
  queryKey: ["keys"],
  queryFn: () => listOf(() => server.GET("/api/v1/keys", { params: { query: { limit: 500, include_revoked: true } } })),
});

/** The live keys of one agent. */
export const agentKeysQuery = (agentId: string) =>
  queryOptions({
    queryKey: ["keys", agentId],
    queryFn: () => listOf(() => server.GET("/api/v1/keys", { params: { query: { limit: 500, agent_id: agentId } } })),
  });

export const signInsQuery = queryOptions({
  queryKey: ["sign-ins"],
  queryFn: () => listOf(() => server.GET("/api/v1/sessions", { params: { query: { limit: 500 } } })),
});

export interface AuditFilters extends Span {
  action?: api.AuditAction | undefined;
  actor_name?: string | undefined;
  subject_id?: string | undefined;
}

export const auditQuery = (filters: AuditFilters) =>
  infiniteQueryOptions({
    queryKey: ["audit", filters],
    queryFn: ({ pageParam }) =>
      partOf(() => server.GET("/api/v1/audit", { params: { query: { ...filters, limit: 100 } } }), pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
  });

/** How many entries of the audit log there are in a span, by action and actor. */
export const auditSummaryQuery = (span: Span) =>
  queryOptions({
    queryKey: ["audit", "summary", span],
    queryFn: () => dataOf(server.GET("/api/v1/audit/summary", { params: { query: span } })),
  });

export const settingsQuery = queryOptions({
  queryKey: ["settings"],
  queryFn: () => dataOf(server.GET("/api/v1/settings")),
  staleTime: 60_000,
});

export const alertBudgetsQuery = queryOptions({
  queryKey: ["alert-budgets"],
  queryFn: () => dataOf(server.GET("/api/v1/session-risk/budgets")),
  staleTime: 60_000,
});

export const alertsQuery = queryOptions({
  queryKey: ["alerts"],
  queryFn: () => dataOf(server.GET("/api/v1/alerts")),
});

export const alertRoutesQuery = queryOptions({
  queryKey: ["alert-routes"],
  queryFn: () => dataOf(server.GET("/api/v1/alerts/routes")),
});

/** What another class of a grant's tool would do to the score; null is the class of its name. */
export const effectQuery = (grant: api.Grant, tool_class: api.ToolClassInput | null) =>
  queryOptions({
    queryKey: ["agent", grant.agent_id, "effect", grant.id, tool_class],
    queryFn: () =>
      dataOf(
        server.POST("/api/v1/agents/{agent_id}/grants/{grant_id}/effect", {
          params: { path: { agent_id: grant.agent_id, grant_id: grant.id } },
          body: { tool_class },
        }),
      ),
  });

export const toolClassQuery = (name: string) =>
  queryOptions({
    queryKey: ["tool-class", name],
    queryFn: () => dataOf(server.GET("/api/v1/tools/classify", { params: { query: { tool_name: name } } })),
    staleTime: Infinity,
    enabled: name.trim() !== "",
  });

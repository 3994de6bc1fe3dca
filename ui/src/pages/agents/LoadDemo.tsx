import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { dataOf, server } from "../../api/client";
import { overviewQuery } from "../../api/queries";

/** For those who would rather look around first. */
export function LoadDemo() {
  const client = useQueryClient();
  const navigate = useNavigate();
  const load = useMutation({
    mutationFn: () => dataOf(server.POST("/api/v1/demo")),
    onSuccess: async (agent) => {
      await client.invalidateQueries({ queryKey: overviewQuery.queryKey });
      await navigate({ to: "/agents/$agentId", params: { agentId: agent.id } });
    },
  });
  return (
    <div className="flex flex-wrap items-center gap-3 border-t border-line pt-4">
      <button type="button" className="button" disabled={load.isPending} onClick={() => load.mutate()}>
        {load.isPending ? "Loading…" : "Load the demo"}
      </button>
      <span className="text-xs text-muted">
        Look around first: one agent with a week of history, hijacked half an hour ago. Delete it when you are done.
      </span>
      {load.error && (
        <span role="alert" className="text-critical">
          {load.error.message}
        </span>
      )}
    </div>
  );
}

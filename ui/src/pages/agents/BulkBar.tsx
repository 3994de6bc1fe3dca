import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { server } from "../../api/client";
import type { AgentSummary } from "../../api/types";
import { Confirm } from "../../components/Dialog";
import { count } from "../../lib/format";

/** What can be done with the selected agents at once. */
export function BulkBar({
  agents,
  selected,
  clear,
}: {
  agents: AgentSummary[];
  selected: ReadonlySet<string>;
  clear: () => void;
}) {
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const chosen = agents.filter((agent) => selected.has(agent.id));
  const forEach = (change: (agentId: string) => Promise<unknown>) => async () => {
    for (const agent of chosen) await change(agent.id);
  };
  const done = () => {
    setAsking(false);
    clear();
    void client.invalidateQueries({ queryKey: ["overview"] });
  };
  const rescore = useMutation({
    mutationFn: forEach((id) => server.GET("/api/v1/agents/{agent_id}/score", { params: { path: { agent_id: id } } })),
    onSettled: done,
  });
  const remove = useMutation({
    mutationFn: forEach((id) => server.DELETE("/api/v1/agents/{agent_id}", { params: { path: { agent_id: id } } })),
    onSettled: done,
  });
  const error = rescore.error ?? remove.error;
  if (chosen.length === 0)
    return error ? (
      <p role="alert" className="mt-2 text-critical">
        {error.message}
      </p>
    ) : null;
  return (
    <div
      role="region"
      aria-label="Selected agents"
      className="card sticky bottom-3 mx-auto mt-3 flex w-fit items-center gap-2 bg-raised px-3 py-2"
    >
      <span className="font-medium">{count(chosen.length, "agent")} selected</span>
      <button
        type="button"
        className="button button-small"
        disabled={rescore.isPending}
        onClick={() => rescore.mutate()}
      >
        Rescore
      </button>
      <button type="button" className="button button-small button-danger" onClick={() => setAsking(true)}>
        Delete…
      </button>
      <button type="button" className="button button-small" onClick={clear}>
        Clear
      </button>
      <Confirm
        open={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => remove.mutate()}
        busy={remove.isPending}
        title={`Delete ${count(chosen.length, "agent")}?`}
        action="Delete"
      >
        Their events, findings and history go with them, and events from them will be refused. This cannot be undone.
      </Confirm>
    </div>
  );
}

import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { server } from "../../api/client";
import type { AgentDetail } from "../../api/types";
import { Confirm } from "../../components/Dialog";
import { visible } from "../../lib/format";
import { EditAgent } from "./EditAgent";
import { Suspension } from "./Suspension";

export function AgentActions({ agent }: { agent: AgentDetail }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [isAsking, setAsking] = useState(false);
  const rescore = useMutation({
    mutationFn: () => server.GET("/api/v1/agents/{agent_id}/score", { params: { path: { agent_id: agent.id } } }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["agent", agent.id] }),
  });
  const remove = useMutation({
    mutationFn: () => server.DELETE("/api/v1/agents/{agent_id}", { params: { path: { agent_id: agent.id } } }),
    onSuccess: async () => {
      await navigate({ to: "/" });
      await client.invalidateQueries({ queryKey: ["overview"] });
    },
  });
  return (
    <>
      {(rescore.error ?? remove.error) && (
        <span role="alert" className="text-critical">
          {(rescore.error ?? remove.error)?.message}
        </span>
      )}
      <button type="button" className="button" disabled={rescore.isPending} onClick={() => rescore.mutate()}>
        {rescore.isPending ? "Scoring…" : "Rescore"}
      </button>
      <EditAgent agent={agent} />
      <Suspension agent={agent} />
      <button type="button" className="button button-danger" onClick={() => setAsking(true)}>
        Delete…
      </button>
      <Confirm
        open={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => remove.mutate()}
        busy={remove.isPending}
        title="Delete this agent?"
        action="Delete agent"
      >
        Events from <strong className="name text-text">{visible(agent.name)}</strong> will be refused, and its events,
        findings and history are deleted. This cannot be undone.
      </Confirm>
    </>
  );
}

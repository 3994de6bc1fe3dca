import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { dataOf, server } from "../../api/client";
import type { AgentDetail } from "../../api/types";
import { Confirm } from "../../components/Dialog";
import { visible } from "../../lib/format";

/** Suspends an agent, with a reason, or resumes it; either after a question. */
export function Suspension({ agent }: { agent: AgentDetail }) {
  const id = useId();
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [reason, setReason] = useState("");
  const isSuspended = agent.suspended_at !== null;
  const params = { path: { agent_id: agent.id } };
  const change = useMutation({
    mutationFn: () =>
      dataOf(
        isSuspended
          ? server.POST("/api/v1/agents/{agent_id}/resume", { params })
          : server.POST("/api/v1/agents/{agent_id}/suspend", { params, body: { reason: reason.trim() || null } }),
      ),
    onSuccess: async () => {
      setAsking(false);
      setReason("");
      await Promise.all(
        [["agent", agent.id], ["overview"], ["audit"]].map((queryKey) => client.invalidateQueries({ queryKey })),
      );
    },
  });
  const verb = isSuspended ? "Resume" : "Suspend";
  return (
    <>
      <button type="button" className="button" onClick={() => setAsking(true)}>
        {verb}…
      </button>
      <Confirm
        open={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => change.mutate()}
        busy={change.isPending}
        title={`${verb} this agent?`}
        action={`${verb} agent`}
      >
        <p>
          Shims that enforce will {isSuspended ? "allow the calls of" : "refuse all calls of"}{" "}
          <strong className="name text-text">{visible(agent.name)}</strong>
          {isSuspended ? " again, as its policy says." : ". Its events are stored and scored as before."}
        </p>
        {!isSuspended && (
          <>
            <label htmlFor={id} className="heading mt-3 mb-1 block">
              Reason
            </label>
            <input
              id={id}
              className="field w-full"
              maxLength={255}
              value={reason}
              onChange={(event) => setReason(event.target.value)}
              placeholder="Why, for the next reader"
            />
          </>
        )}
        {change.error && (
          <p role="alert" className="mt-2 text-critical">
            {change.error.message}
          </p>
        )}
      </Confirm>
    </>
  );
}

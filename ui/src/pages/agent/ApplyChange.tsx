import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { dataOf, server } from "../../api/client";
import type { AgentDetail, Change, Grant } from "../../api/types";
import { Confirm } from "../../components/Dialog";
import { TextField } from "../../components/Fields";
import { describeChange, grantsOf } from "../../lib/arithmetic";
import { count, score, signed, visible } from "../../lib/format";

const SUGGESTED_LIMIT = 60;

/** A button that makes a suggested change, after a question that says what it does to the score. */
export function ApplyChange({ agent, change }: { agent: AgentDetail; change: Change }) {
  const client = useQueryClient();
  const [isAsking, setAsking] = useState(false);
  const [limit, setLimit] = useState(String(SUGGESTED_LIMIT));
  const grants = grantsOf(change, agent.grants);
  const setsLimit = change.action === "set_rate_limit" || change.action === "set_rate_limits";
  const apply = useMutation({
    mutationFn: async () => {
      if (change.action === "remove_connection") return removeConnection(agent.id, change.target_id!);
      // One after the other: each of them scores the agent.
      for (const grant of grants) await (setsLimit ? setRateLimit(grant, Number(limit)) : removeGrant(grant));
    },
    onSuccess: () => setAsking(false),
    onSettled: () =>
      Promise.all([["agent", agent.id], ["overview"]].map((queryKey) => client.invalidateQueries({ queryKey }))),
  });
  const words = `${describeChange(change)} ${visible(change.target)}`;
  const isLimitValid =
    !setsLimit || (Number.isInteger(Number(limit)) && Number(limit) >= 1 && Number(limit) <= 100_000);
  return (
    <>
      <button
        type="button"
        className="button button-small"
        aria-label={`Apply: ${words}`}
        onClick={() => setAsking(true)}
      >
        Apply…
      </button>
      <Confirm
        open={isAsking}
        onClose={() => setAsking(false)}
        onConfirm={() => isLimitValid && apply.mutate()}
        busy={apply.isPending || !isLimitValid}
        title={`${words}?`}
        action={setsLimit ? "Set the limit" : "Remove"}
      >
        <p>
          Trust {score(agent.trust_score)} → <strong className="text-text">{score(change.trust_score)}</strong> (
          {signed(change.gain)}), posture {score(change.posture_score)}, all else unchanged.
        </p>
        {change.resolves.length > 0 && <p className="name mt-1">Resolves {change.resolves.join(", ")}.</p>}
        {grants.length > 1 && (
          <p className="mt-1">
            This changes {count(grants.length, "grant")}:{" "}
            <span className="name font-mono">{grants.map((grant) => visible(grant.tool_name)).join(", ")}</span>
          </p>
        )}
        {setsLimit ? (
          <div className="mt-3">
            <TextField
              label="Calls per hour at most"
              type="number"
              min={1}
              max={100000}
              value={limit}
              onChange={(event) => setLimit(event.target.value)}
            />
          </div>
        ) : (
          <p className="mt-1">AgentSentinel does not block anything by this, unless a shim enforces it.</p>
        )}
        {apply.error && (
          <p role="alert" className="mt-2 text-critical">
            {apply.error.message}
          </p>
        )}
      </Confirm>
    </>
  );
}

export function setRateLimit(grant: Grant, limit: number | null, note?: string) {
  return dataOf(
    server.PATCH("/api/v1/agents/{agent_id}/grants/{grant_id}", {
      params: { path: { agent_id: grant.agent_id, grant_id: grant.id } },
      body: { rate_limit_per_hour: limit, ...(note && { note }) },
    }),
  );
}

async function removeGrant(grant: Grant) {
  await server.DELETE("/api/v1/agents/{agent_id}/grants/{grant_id}", {
    params: { path: { agent_id: grant.agent_id, grant_id: grant.id } },
  });
}

async function removeConnection(agentId: string, connectionId: string) {
  await server.DELETE("/api/v1/agents/{agent_id}/mcp/{connection_id}", {
    params: { path: { agent_id: agentId, connection_id: connectionId } },
  });
}
